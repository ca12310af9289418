package io.godwit.actors.vm;

import io.godwit.control.restart.GuestEnd;
import io.godwit.vmm.MachineEvent;

/** What a guest did, in words for operators. */
public final class GuestActs {
    private GuestActs() {}

    /** Whether a real machine starts anew then. */
    static boolean isReset(MachineEvent event) {
        return event instanceof MachineEvent.ResetRequested || event instanceof MachineEvent.TripleFault;
    }

    /** Whether the guest meant to end. */
    static boolean isEnd(MachineEvent event) {
        return event instanceof MachineEvent.PoweredOff || event instanceof MachineEvent.DebugExit;
    }

    /** How it ended by itself, where it did not just begin anew. */
    static GuestEnd endOf(MachineEvent event) {
        return isEnd(event) ? GuestEnd.OFF : GuestEnd.CRASH;
    }

    /** Details of the event that tells of it. */
    static String[] details(MachineEvent event) {
        return event instanceof MachineEvent.DebugExit exit
                ? new String[] {"act", kind(event), "event", describe(event), "exitCode", Integer.toString(exit.code())}
                : new String[] {"act", kind(event), "event", describe(event)};
    }

    /** One word for it, for programs. */
    static String kind(MachineEvent event) {
        if (event instanceof MachineEvent.PoweredOff) {
            return "power-off";
        } else if (event instanceof MachineEvent.ResetRequested) {
            return "reset";
        } else if (event instanceof MachineEvent.TripleFault) {
            return "triple-fault";
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
        } else if (event instanceof MachineEvent.TripleFault fault) {
            return "the guest's vCPU " + fault.vcpu() + " ended in a triple fault, which resets it";
        } else if (event instanceof MachineEvent.Panicked) {
            return "the guest's kernel panicked";
        } else if (event instanceof MachineEvent.DebugExit exit) {
            return "the guest ended with code " + exit.code();
        }
        MachineEvent.Failed failed = (MachineEvent.Failed) event;
        return "vCPU " + failed.vcpu() + " failed: " + failed.reason();
    }
}
