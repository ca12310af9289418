package io.godwit.vmm.simulated;

import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Backend;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.admission.HostMemory;
import io.godwit.vmm.admission.ProfileCheck;
import io.godwit.vmm.cpu.CpuidPolicy;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Makes machines that simulate a guest. Says so for each of them, loudly where it is in an operator's place. */
public final class SimulatedMachineFactory implements MachineFactory {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedMachineFactory.class);

    private final Level announcement;

    public SimulatedMachineFactory() {
        this(Level.WARN);
    }

    private SimulatedMachineFactory(Level announcement) {
        this.announcement = announcement;
    }

    /** For machines that belong to nobody, such as those that a node rehearses with. */
    public static SimulatedMachineFactory forRehearsals() {
        return new SimulatedMachineFactory(Level.DEBUG);
    }

    @Override
    public Backend backend() {
        return Backend.SIMULATED;
    }

    @Override
    public void check(VmSpec spec) {
        HostMemory.read().requireTotal(spec.name(), spec.memoryBytes());
        CpuidPolicy.requireKnown(spec.hiddenCpuFeatures());
        SimulatedMachine.requireFiles(spec);
    }

    @Override
    public Machine create(VmSpec spec) {
        HostMemory.read().requireTotal(spec.name(), spec.memoryBytes());
        LOG.atLevel(announcement)
                .log(
                        "machine {} is SIMULATED: no guest code runs, kernel {} is not executed, no figure measured on it "
                                + "is a hypervisor's",
                        spec.name(),
                        spec.kernel());
        GuestMemory memory = GuestMemory.create("godwit:" + spec.name(), GuestLayout.ofSize(spec.memoryBytes()));
        try {
            return new SimulatedMachine(spec, memory);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    @Override
    public List<String> refusals(MachineProfile profile) {
        return new ProfileCheck(profile)
                .backend(Backend.SIMULATED)
                .layout()
                .memory(HostMemory.read())
                .components(SimulatedMachine.componentVersions(profile.spec()))
                .movable()
                .reasons();
    }
}
