package io.godwit.vmm.kvm;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.CpuidTable;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.KvmCapability;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.VmOptions;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.cpu.CpuidPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What this host's KVM can give a guest; found out once, by making a VM that never runs.
 *
 * @param tscKhz frequency of a vCPU's TSC without scaling
 * @param tscScaling whether another frequency can be given to a guest
 */
record KvmHost(
        CpuidTable supported,
        boolean tscDeadlineTimer,
        long tscKhz,
        boolean tscScaling,
        int maxVcpus,
        boolean dirtyRing) {
    /** Two frequencies within this of each other count as the same: KVM's tsc_tolerance_ppm. */
    private static final long TSC_TOLERANCE_PPM = 250;

    private static final long SMALL_MEMORY_BYTES = 2 << 20;

    static KvmHost inspect(Kvm kvm) {
        return new KvmHost(
                kvm.supportedCpuid(),
                kvm.check(KvmCapability.TSC_DEADLINE_TIMER) > 0,
                tscKhz(kvm),
                kvm.check(KvmCapability.TSC_CONTROL) > 0,
                Math.max(kvm.check(KvmCapability.MAX_VCPUS), kvm.check(KvmCapability.NR_VCPUS)),
                kvm.check(KvmCapability.DIRTY_LOG_RING) > 0 || kvm.check(KvmCapability.DIRTY_LOG_RING_ACQ_REL) > 0);
    }

    private static long tscKhz(Kvm kvm) {
        String name = "godwit-inspection";
        try (GuestMemory memory = GuestMemory.create(name, GuestLayout.ofSize(SMALL_MEMORY_BYTES));
                KvmVm vm = kvm.createVm(new VmOptions(name, memory))) {
            return vm.createVcpu(0).tscKhz();
        }
    }

    CpuidPolicy cpuidPolicy(SortedSet<String> hidden) {
        return CpuidPolicy.of(supported, tscDeadlineTimer, hidden);
    }

    /** Names of all features that a guest may come with. */
    SortedSet<String> features() {
        return cpuidPolicy(new TreeSet<>()).features();
    }

    /** Why a machine so defined cannot be made here, whatever its guest; empty when it can. */
    List<String> refusals(VmSpec spec) {
        List<String> reasons = new ArrayList<>();
        if (spec.vcpus() > maxVcpus) {
            reasons.add(spec.vcpus() + " vCPUs, KVM on this host accepts up to " + maxVcpus);
        }
        if (spec.dirtyLog() == DirtyLogKind.RING && !dirtyRing) {
            reasons.add("dirty log RING, KVM on this host has only BITMAP");
        }
        return reasons;
    }

    boolean canRunTscAt(long khz) {
        long difference = Math.abs(khz - tscKhz);
        return tscScaling || difference <= tscKhz / 1_000_000.0 * TSC_TOLERANCE_PPM;
    }
}
