package io.godwit.vmm.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * The probe's counters as read at one moment. The guest goes on while they are read, so fields may be some
 * microseconds apart.
 *
 * @param vcpus how many vCPUs CPUID shows the guest, at most {@link ProbeLayout#MAX_VCPUS}
 * @param vcpusStarted how many of them run
 * @param wssBytes working set
 * @param rateBytesPerSecond asked for, over all vCPUs
 * @param fillBytes RAM that is filled and checked, the working set included
 * @param firstErrorAddress guest-physical, 0 when there is no error
 * @param ready whether all is filled
 * @param perVcpu one entry for each of {@code vcpus}, by index
 */
public record ProbeCounters(
        int vcpus,
        int vcpusStarted,
        long wssBytes,
        long rateBytesPerSecond,
        long fillBytes,
        long firstErrorAddress,
        boolean ready,
        List<VcpuCounters> perVcpu) {

    /**
     * @param errors failed page checks and exceptions
     * @param tscBackwards how often the TSC was below the last one seen
     */
    public record VcpuCounters(
            long heartbeat, long pagesWritten, long pagesChecked, long errors, long lastTsc, long tscBackwards) {}

    public ProbeCounters {
        perVcpu = List.copyOf(perVcpu);
    }

    /**
     * Reads the counters; empty while no probe has announced itself.
     *
     * @param readLong reads the little-endian 64-bit word at a guest-physical address
     * @throws IllegalStateException when the counters are of another version or not possible
     */
    public static Optional<ProbeCounters> read(LongUnaryOperator readLong) {
        long base = ProbeLayout.COUNTERS_ADDRESS;
        if (readLong.applyAsLong(base) != ProbeLayout.MAGIC) {
            return Optional.empty();
        }
        long versionAndVcpus = readLong.applyAsLong(base + ProbeLayout.VERSION_AND_VCPUS);
        long readyAndStarted = readLong.applyAsLong(base + ProbeLayout.READY_AND_STARTED);
        int vcpus = checkedVcpus((int) versionAndVcpus, (int) (versionAndVcpus >>> 32));
        List<VcpuCounters> perVcpu = new ArrayList<>(vcpus);
        for (int i = 0; i < vcpus; i++) {
            perVcpu.add(readVcpu(readLong, ProbeLayout.blockAddress(i)));
        }
        return Optional.of(new ProbeCounters(
                vcpus,
                (int) (readyAndStarted >>> 32),
                readLong.applyAsLong(base + ProbeLayout.WSS_BYTES),
                readLong.applyAsLong(base + ProbeLayout.RATE),
                readLong.applyAsLong(base + ProbeLayout.FILL_BYTES),
                readLong.applyAsLong(base + ProbeLayout.FIRST_ERROR_ADDRESS),
                (int) readyAndStarted != 0,
                perVcpu));
    }

    private static int checkedVcpus(int version, int vcpus) {
        if (version != ProbeLayout.VERSION) {
            throw new IllegalStateException(
                    "probe counters of version " + version + "; known is " + ProbeLayout.VERSION);
        }
        if (vcpus < 1 || vcpus > ProbeLayout.MAX_VCPUS) {
            throw new IllegalStateException(
                    "probe counters of " + vcpus + " vCPUs; possible are 1 to " + ProbeLayout.MAX_VCPUS);
        }
        return vcpus;
    }

    private static VcpuCounters readVcpu(LongUnaryOperator readLong, long block) {
        return new VcpuCounters(
                readLong.applyAsLong(block + ProbeLayout.HEARTBEAT),
                readLong.applyAsLong(block + ProbeLayout.PAGES_WRITTEN),
                readLong.applyAsLong(block + ProbeLayout.PAGES_CHECKED),
                readLong.applyAsLong(block + ProbeLayout.ERRORS),
                readLong.applyAsLong(block + ProbeLayout.LAST_TSC),
                readLong.applyAsLong(block + ProbeLayout.TSC_BACKWARDS));
    }

    public long errors() {
        return perVcpu.stream().mapToLong(VcpuCounters::errors).sum();
    }

    public long tscBackwards() {
        return perVcpu.stream().mapToLong(VcpuCounters::tscBackwards).sum();
    }

    public long bytesWritten() {
        return perVcpu.stream().mapToLong(VcpuCounters::pagesWritten).sum() * ProbeLayout.PAGE_BYTES;
    }

    public long bytesChecked() {
        return perVcpu.stream().mapToLong(VcpuCounters::pagesChecked).sum() * ProbeLayout.PAGE_BYTES;
    }
}
