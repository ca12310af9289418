package io.godwit.vmm.kvm;

import io.godwit.config.CpuFeatureName;
import io.godwit.config.VmSpec;
import io.godwit.kvm.KvmStateException;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.VcpuState;
import io.godwit.kvm.VmState;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.cpu.CpuidPolicy;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.state.StateSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The parts of a machine that have state: vCPUs, then the platform (interrupt controllers, timer, clock), then devices,
 * which say the levels of their interrupt lines again. Saved and restored in this order while all vCPUs are paused.
 */
final class MachineParts {
    private static final String PLATFORM_ID = "vm/platform";

    private final KvmVm vm;
    private final List<VcpuOfMachine> vcpus;
    private final Platform platform;
    private final SortedMap<String, Integer> versions;
    /** As they were made: what a reset goes back to. */
    private final VmState pristine;

    MachineParts(VmSpec spec, KvmVm vm, List<VcpuOfMachine> vcpus, Platform platform) {
        this.vm = vm;
        this.vcpus = List.copyOf(vcpus);
        this.platform = platform;
        this.versions = versions(spec);
        this.pristine = vm.saveState();
    }

    /** Every component of a machine and the version that can be restored. */
    static SortedMap<String, Integer> versions(VmSpec spec) {
        SortedMap<String, Integer> versions = new TreeMap<>(Platform.deviceVersions(spec));
        versions.put(PLATFORM_ID, VmState.VERSION);
        for (int i = 0; i < spec.vcpus(); i++) {
            versions.put(vcpuId(i), VcpuState.VERSION);
        }
        return versions;
    }

    private static String vcpuId(int index) {
        return "vcpu/" + index;
    }

    MachineState save() {
        // Before the vCPUs: an edge that comes in between is then in a local APIC that is yet to be saved.
        // The other way round it would be in neither.
        byte[] platformBytes = vm.saveState().toBytes();
        List<ComponentState> components = new ArrayList<>();
        for (VcpuOfMachine vcpu : vcpus) {
            byte[] bytes = vcpu.save().toBytes();
            components.add(new ComponentState(vcpuId(vcpu.index()), VcpuState.VERSION, bytes));
        }
        components.add(new ComponentState(PLATFORM_ID, VmState.VERSION, platformBytes));
        platform.devices().forEach(device -> components.add(device.save()));
        return new MachineState(components);
    }

    /**
     * A state whose bytes were all understood and that this host can run.
     *
     * @param cpuFeatures what the guest was given; empty where that is just what this machine was made with
     */
    record Checked(
            StateSet components, List<VcpuState> vcpus, VmState platform, Optional<SortedSet<String>> cpuFeatures) {}

    /**
     * Looks at a received state without touching anything. The guest stands still meanwhile, and names of features take
     * milliseconds: they are asked for only where the guest's CPUID is not this machine's own.
     *
     * @param supported names of the CPU features of this host
     * @param anyCpu whether a guest may have others: what KVM then makes of them shows when they are set
     */
    Checked check(MachineState state, Supplier<SortedSet<String>> supported, boolean anyCpu) {
        StateSet components = StateSet.match(state, versions);
        List<VcpuState> vcpuStates = new ArrayList<>();
        Optional<SortedSet<String>> cpuFeatures = Optional.empty();
        for (VcpuOfMachine vcpu : vcpus) {
            String id = vcpuId(vcpu.index());
            VcpuState vcpuState =
                    named(id, () -> VcpuState.fromBytes(components.get(id).bytes()));
            if (!vcpu.hasCpuid(vcpuState.cpuid())) {
                SortedSet<String> features = CpuidPolicy.featuresOf(vcpuState.cpuid());
                requireSupported(id, features, supported.get(), anyCpu);
                cpuFeatures = cpuFeatures.or(() -> Optional.of(features));
            }
            vcpuStates.add(vcpuState);
        }
        VmState vmState = named(
                PLATFORM_ID, () -> VmState.fromBytes(components.get(PLATFORM_ID).bytes()));
        return new Checked(components, vcpuStates, vmState, cpuFeatures);
    }

    private static void requireSupported(
            String id, SortedSet<String> features, SortedSet<String> supported, boolean anyCpu) {
        SortedSet<String> missing = new TreeSet<>(features);
        missing.removeAll(supported);
        missing.removeIf(name -> anyCpu && !CpuFeatureName.isVendor(name));
        if (!missing.isEmpty()) {
            throw new MachineException(id + ": CPU features not supported here: " + missing);
        }
    }

    void restore(Checked state) {
        for (VcpuOfMachine vcpu : vcpus) {
            named(vcpuId(vcpu.index()), () -> {
                vcpu.restore(state.vcpus.get(vcpu.index()));
                return null;
            });
        }
        named(PLATFORM_ID, () -> {
            vm.restoreState(state.platform);
            return null;
        });
        for (EmulatedDevice device : platform.devices()) {
            device.restore(state.components.get(device.id()));
        }
    }

    /** All as after power-on, beside memory. */
    void reset() {
        vcpus.forEach(VcpuOfMachine::reset);
        vm.restoreState(pristine);
        platform.devices().forEach(EmulatedDevice::reset);
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T extends @org.jspecify.annotations.Nullable Object> T named(String id, Supplier<T> part) {
        try {
            return part.get();
        } catch (KvmStateException | SystemCallException e) {
            throw new MachineException(id + ": cannot be restored here: " + e.getMessage(), e);
        }
    }
}
