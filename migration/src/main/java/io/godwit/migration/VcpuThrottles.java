package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.convergence.Dirtiers;
import io.godwit.migration.convergence.DirtyLimit;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.Vcpu;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a migration holds its machine's vCPUs back by: the larger of auto-converge's share, for those that dirty, and of
 * each vCPU's own dirty limit. Used by the engine's thread; lifted by any, for good.
 */
final class VcpuThrottles {
    private final List<Vcpu> vcpus;
    private final DirtyPages dirtyPages;
    private final int[] converge;
    private final int[] limited;
    private final DirtyLimit[] limits;

    /** At the last step of auto-converge. */
    private Look lastStep;

    /** At the last look of the dirty limit. */
    private Look lastLook;

    private boolean lifted;

    /** What each vCPU had dirtied and used at one moment. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Look(long nowNs, long[] pages, long[] cpuNs) {}

    VcpuThrottles(List<Vcpu> vcpus, DirtyPages dirtyPages, long nowNs) {
        this.vcpus = vcpus;
        this.dirtyPages = dirtyPages;
        this.converge = new int[vcpus.size()];
        this.limited = new int[vcpus.size()];
        this.limits =
                IntStream.range(0, vcpus.size()).mapToObj(i -> new DirtyLimit()).toArray(DirtyLimit[]::new);
        this.lastStep = look(nowNs);
        this.lastLook = lastStep;
    }

    private Look look(long nowNs) {
        return new Look(
                nowNs,
                dirtyPages.pagesByVcpu(),
                vcpus.stream().mapToLong(Vcpu::cpuTimeNs).toArray());
    }

    /** A step of auto-converge: the share is for those that dirtied since the last step, the others go free. */
    void step(int percent, long nowNs) {
        Look now = look(nowNs);
        int[] before = percents();
        boolean[] picked = now.pages.length == vcpus.size() && lastStep.pages.length == vcpus.size()
                ? Dirtiers.byPages(difference(now.pages, lastStep.pages), before)
                : Dirtiers.byCpuTime(difference(now.cpuNs, lastStep.cpuNs), before, nowNs - lastStep.nowNs);
        for (int i = 0; i < converge.length; i++) {
            converge[i] = picked[i] ? percent : 0;
        }
        lastStep = now;
        apply();
    }

    /** Holds each vCPU to a rate of dirtied bytes, by what it dirtied since the last look. Follows a harvest. */
    void limit(long bytesPerSecond, long nowNs) {
        if (bytesPerSecond == 0 && IntStream.of(limited).allMatch(percent -> percent == 0)) {
            return;
        }
        Look now = look(nowNs);
        double seconds = (nowNs - lastLook.nowNs) / 1e9;
        if (now.pages.length == vcpus.size() && lastLook.pages.length == vcpus.size() && seconds > 0) {
            for (int i = 0; i < limited.length; i++) {
                double bytes = (double) ((now.pages[i] - lastLook.pages[i]) << GuestLayout.PAGE_SHIFT);
                limited[i] = limits[i].look(bytes / seconds, bytesPerSecond);
            }
        }
        lastLook = now;
        apply();
    }

    private synchronized void apply() {
        for (int i = 0; i < converge.length && !lifted; i++) {
            vcpus.get(i).throttle(Math.max(converge[i], limited[i]));
        }
    }

    /** The migration is over, however it ended: every vCPU runs freely. Idempotent. */
    synchronized void lift() {
        lifted = true;
        vcpus.forEach(vcpu -> vcpu.throttle(0));
    }

    /** By which the most throttled vCPU is held back. */
    int mostPercent() {
        return IntStream.of(percents()).max().orElse(0);
    }

    private int[] percents() {
        return vcpus.stream().mapToInt(Vcpu::throttlePercent).toArray();
    }

    private static long[] difference(long[] now, long[] before) {
        return IntStream.range(0, now.length).mapToLong(i -> now[i] - before[i]).toArray();
    }
}
