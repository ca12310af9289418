package io.godwit.actors.vm;

import io.godwit.vmm.MachineEvent;

/** What a guest did, in words for operators. */
public final class GuestActs {
    private GuestActs() {}

    /** One word for it, for programs. */
    static String kind(MachineEvent event) {
        if (event instanceof MachineEvent.PoweredOff) {
            return "power-off";
        } else if (event instanceof MachineEvent.ResetRequested) {
            return "reset";
        } else if (event instanceof MachineEvent.Panicked) {
            return "panic";
        }
        return event instanceof MachineEvent.DebugExit ? "debug-exit" : "failure";
    }

    public static String describe(MachineEvent event) {
        if (event instanceof MachineEvent.PoweredOff) {
            return "the guest powered off";
        } else if (event instanceof MachineEvent.ResetRequested reset) {
            return "the guest reset itself (" + reset.cause() + ")";
        } else if (event instanceof MachineEvent.Panicked) {
            return "the guest's kernel panicked";
        } else if (event instanceof MachineEvent.DebugExit exit) {
            return "the guest ended with code " + exit.code();
        }
        MachineEvent.Failed failed = (MachineEvent.Failed) event;
        return "vCPU " + failed.vcpu() + " failed: " + failed.reason();
    }
}
