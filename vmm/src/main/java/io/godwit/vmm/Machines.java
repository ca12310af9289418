package io.godwit.vmm;

import io.godwit.kvm.Kvm;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses what runs the machines of this host. */
public final class Machines {
    private static final Logger LOG = LoggerFactory.getLogger(Machines.class);

    /** What an operator may ask for. */
    public enum Choice {
        /** KVM where it can be used, else the simulation, loudly. */
        AUTO,
        KVM,
        SIMULATED
    }

    private Machines() {}

    /** @throws MachineException when KVM was asked for and cannot be used, with the reason */
    public static MachineFactory factory(Choice choice) {
        if (choice == Choice.SIMULATED) {
            return new SimulatedMachineFactory();
        }
        Optional<String> reason = Kvm.unavailableReason();
        if (reason.isEmpty()) {
            return KvmMachineFactory.open();
        }
        if (choice == Choice.KVM) {
            throw new MachineException("KVM cannot be used on this host: " + reason.get());
        }
        LOG.warn(
                "KVM cannot be used on this host ({}): all its machines are SIMULATED and run no guest code",
                reason.get());
        return new SimulatedMachineFactory();
    }
}
