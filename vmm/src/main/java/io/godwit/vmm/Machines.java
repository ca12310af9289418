package io.godwit.vmm;

import io.godwit.config.NodeConfig.Resources;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.util.function.Supplier;
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

    /**
     * What makes machines, which may use this host's resources.
     *
     * @throws MachineException when KVM was asked for and cannot be used, with the reason
     */
    public static MachineFactory factory(Choice choice, Resources resources) {
        return factory(choice, () -> KvmMachineFactory.open(resources).keepingSpare());
    }

    /** Asks KVM by making a factory on it: it has made a VM by then, where opening the device alone says little. */
    static MachineFactory factory(Choice choice, Supplier<? extends MachineFactory> onKvm) {
        if (choice == Choice.SIMULATED) {
            return new SimulatedMachineFactory();
        }
        try {
            return onKvm.get();
        } catch (MachineException e) {
            if (choice == Choice.KVM) {
                throw e;
            }
            LOG.warn("{}: all its machines are SIMULATED and run no guest code", e.getMessage(), e);
            return new SimulatedMachineFactory();
        }
    }
}
