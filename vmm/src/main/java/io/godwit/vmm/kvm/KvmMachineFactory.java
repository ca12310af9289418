package io.godwit.vmm.kvm;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.VmSpec;
import io.godwit.kvm.DirtyLogMechanism;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.VmOptions;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Backend;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.admission.HostMemory;
import io.godwit.vmm.admission.ProfileCheck;
import io.godwit.vmm.boot.KernelLoader;
import io.godwit.vmm.cpu.CpuidPolicy;
import io.godwit.vmm.device.DeviceFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes machines on this host's KVM. Machines live on when it is closed. */
public final class KvmMachineFactory implements MachineFactory, AutoCloseable {
    private final Kvm kvm;
    private final KvmHost host;
    private final DeviceFactory devices;
    private @Nullable SpareVm spare;

    private KvmMachineFactory(Kvm kvm, KvmHost host, DeviceFactory devices) {
        this.kvm = kvm;
        this.host = host;
        this.devices = devices;
    }

    /**
     * For machines without disks and networks.
     *
     * @throws MachineException when KVM cannot be used here
     */
    public static KvmMachineFactory open() {
        return open(Resources.NONE);
    }

    /**
     * For machines that may use these.
     *
     * @throws MachineException when KVM cannot be used here
     */
    public static KvmMachineFactory open(Resources resources) {
        return open(new DeviceFactory(resources), KvmHost::inspect);
    }

    /** A KVM that opens need not make VMs: another hypervisor may hold the CPU's extensions, or memory be short. */
    static KvmMachineFactory open(DeviceFactory devices, Function<Kvm, KvmHost> inspection) {
        try {
            Kvm kvm = Kvm.open();
            try {
                return new KvmMachineFactory(kvm, inspection.apply(kvm), devices);
            } catch (RuntimeException e) {
                kvm.close();
                throw e;
            }
        } catch (SystemCallException | IllegalStateException | LinkageError e) {
            throw new MachineException("KVM cannot be used on this host: " + e.getMessage(), e);
        }
    }

    /** From now on a part of the next machine is made beforehand. Call before the first is made. */
    public KvmMachineFactory keepingSpare() {
        spare = new SpareVm(kvm);
        spare.makeLater();
        return this;
    }

    @Override
    public Backend backend() {
        return Backend.KVM;
    }

    @Override
    public SortedSet<String> cpuFeatures() {
        return host.features();
    }

    @Override
    public void check(VmSpec spec) {
        policyFor(spec);
        devices.requireImages(spec);
        KernelLoader.check(spec, AcpiBlock.PLACED);
    }

    private CpuidPolicy policyFor(VmSpec spec) {
        HostMemory.read().requireTotal(spec.name(), spec.memoryBytes());
        List<String> reasons = new ArrayList<>(host.refusals(spec));
        reasons.addAll(devices.refusals(spec));
        if (!reasons.isEmpty()) {
            throw new MachineException("machine " + spec.name() + " cannot be made: " + String.join("; ", reasons));
        }
        return host.cpuidPolicy(spec.hiddenCpuFeatures());
    }

    @Override
    public Machine create(VmSpec spec) {
        CpuidPolicy policy = policyFor(spec);
        try {
            GuestMemory memory = GuestMemory.create("godwit:" + spec.name(), GuestLayout.ofSize(spec.memoryBytes()));
            try {
                return create(spec, policy, memory);
            } catch (RuntimeException | Error e) {
                memory.close();
                throw e;
            }
        } catch (SystemCallException e) {
            throw new MachineException("machine " + spec.name() + " cannot be made on this host: " + e.getMessage(), e);
        }
    }

    private Machine create(VmSpec spec, CpuidPolicy policy, GuestMemory memory) {
        DirtyLogMechanism mechanism =
                spec.dirtyLog() == DirtyLogKind.RING ? DirtyLogMechanism.RING : DirtyLogMechanism.BITMAP;
        KvmVm vm = kvm.createVm(new VmOptions(spec.name(), memory, mechanism, VmOptions.DEFAULT_RING_ENTRIES));
        try {
            return new KvmMachine(spec, host, policy, vm, devices.open(spec), devices);
        } catch (RuntimeException | Error e) {
            vm.close();
            throw e;
        } finally {
            if (spare != null) {
                spare.makeLater();
            }
        }
    }

    @Override
    public List<String> refusals(MachineProfile profile) {
        ProfileCheck check = new ProfileCheck(profile)
                .backend(Backend.KVM)
                .layout()
                .memory(HostMemory.read())
                .components(MachineParts.versions(profile.spec()))
                .movable()
                .cpu(host.features());
        if (!host.canRunTscAt(profile.tscKhz())) {
            check.refuse("TSC runs at " + profile.tscKhz() + " kHz, this host's at " + host.tscKhz()
                    + " kHz and it cannot scale");
        }
        host.refusals(profile.spec()).forEach(check::refuse);
        devices.refusals(profile).forEach(check::refuse);
        return check.reasons();
    }

    @Override
    public void close() {
        kvm.close();
    }
}
