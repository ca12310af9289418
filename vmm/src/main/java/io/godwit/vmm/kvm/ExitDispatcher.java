package io.godwit.vmm.kvm;

import io.godwit.kvm.KvmVcpu;
import io.godwit.kvm.VcpuExit;
import io.godwit.kvm.VcpuExitHandler;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.AddressSpace;
import io.godwit.vmm.event.EventListeners;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the exits of all vCPUs of a machine to its devices, and what ends the guest to its owner. */
final class ExitDispatcher implements VcpuExitHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ExitDispatcher.class);

    /** KVM_SYSTEM_EVENT_* of linux/kvm.h. */
    private static final int SYSTEM_SHUTDOWN = 1;

    private static final int SYSTEM_RESET = 2;
    private static final int SYSTEM_CRASH = 3;

    private final AddressSpace ports;
    private final AddressSpace mmio;
    private final EventListeners listeners;

    ExitDispatcher(Platform platform, EventListeners listeners) {
        this.ports = platform.ports();
        this.mmio = platform.mmio();
        this.listeners = listeners;
    }

    @Override
    public boolean handle(KvmVcpu vcpu, VcpuExit exit) {
        MachineEvent event = eventOf(vcpu, exit);
        if (event == null) {
            return true;
        }
        listeners.publish(event);
        return false;
    }

    private @Nullable MachineEvent eventOf(KvmVcpu vcpu, VcpuExit exit) {
        if (exit instanceof VcpuExit.PortOut out) {
            return portOut(vcpu, out);
        }
        if (exit instanceof VcpuExit.PortIn in) {
            for (int i = 0; i < in.count(); i++) {
                vcpu.answerPort(i, (int) ports.read(in.port(), in.sizeBytes()));
            }
            return null;
        }
        if (exit instanceof VcpuExit.MmioRead read) {
            vcpu.answerMmio(mmio.read(read.guestAddress(), read.sizeBytes()));
            return null;
        }
        if (exit instanceof VcpuExit.MmioWrite write) {
            return mmio.write(write.guestAddress(), write.sizeBytes(), write.value());
        }
        return endOf(vcpu, exit);
    }

    /** All values of a string instruction are written, as KVM counts it done; the first event of them is told. */
    private @Nullable MachineEvent portOut(KvmVcpu vcpu, VcpuExit.PortOut out) {
        MachineEvent first = null;
        for (int i = 0; i < out.count(); i++) {
            long value = Integer.toUnsignedLong(vcpu.portValue(i));
            MachineEvent event = ports.write(out.port(), out.sizeBytes(), value);
            first = first == null ? event : first;
        }
        return first;
    }

    private static @Nullable MachineEvent endOf(KvmVcpu vcpu, VcpuExit exit) {
        int index = vcpu.index();
        if (exit instanceof VcpuExit.Shutdown) {
            return new MachineEvent.TripleFault(index);
        }
        if (exit instanceof VcpuExit.SystemEvent event) {
            return systemEvent(index, event.type());
        }
        if (exit instanceof VcpuExit.InternalError error) {
            return new MachineEvent.Failed(index, describe(vcpu, error));
        }
        if (exit instanceof VcpuExit.FailEntry fail) {
            return new MachineEvent.Failed(
                    index, String.format("the CPU refused to enter the guest, reason 0x%x", fail.hardwareReason()));
        }
        if (exit instanceof VcpuExit.Unknown unknown) {
            return new MachineEvent.Failed(index, "KVM exit " + unknown.reason() + " is not known to Godwit");
        }
        if (exit instanceof VcpuExit.Halt) {
            return new MachineEvent.Failed(index, "the guest halted outside of KVM's interrupt controllers");
        }
        // What is left asks for nothing but to be run again.
        return null;
    }

    private static MachineEvent systemEvent(int index, int type) {
        return switch (type) {
            case SYSTEM_SHUTDOWN -> new MachineEvent.PoweredOff();
            case SYSTEM_RESET -> new MachineEvent.ResetRequested("system event of vCPU " + index);
            case SYSTEM_CRASH -> new MachineEvent.Failed(index, "the guest reported its crash");
            default -> new MachineEvent.Failed(index, "KVM system event " + type + " is not known to Godwit");
        };
    }

    private static String describe(KvmVcpu vcpu, VcpuExit.InternalError error) {
        String what = error.suberror() == 1 ? "cannot emulate an instruction" : "internal error";
        String bytes = error.instructionBytes().isEmpty() ? "" : ", instruction bytes " + error.instructionBytes();
        return String.format(
                "KVM %s (suberror %d) at rip 0x%x%s",
                what, error.suberror(), vcpu.registers().rip(), bytes);
    }

    @Override
    public void failed(KvmVcpu vcpu, Throwable cause) {
        LOG.error("{} stopped", vcpu, cause);
        listeners.publish(new MachineEvent.Failed(vcpu.index(), "vCPU " + vcpu.index() + " stopped: " + cause));
    }
}
