package io.godwit.actors.migration;

import io.godwit.actors.serialization.Wire;
import io.godwit.control.ledger.VmRecord;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A migration as operators see it. Numbers keep QEMU's meaning; units are in the names.
 *
 * @param status as QEMU spells it: {@code setup}, {@code active}, {@code completed}, …
 * @param reason why it failed or was cancelled, or what it waits for; else empty
 * @param dirtySyncCount harvests of the dirty log
 * @param parameters what it goes by now, as far as anybody set it; empty at the target
 * @param verified the outcome of the end-to-end comparison, null until known
 * @param released whether the side that reports has given back all it held for the migration and compared memory
 *     where that was asked for: the last view
 * @param throttlePercent share of its time that the most throttled vCPU is held back
 * @param predictedTotalMs from a dirty rate measured before, else from the first round; 0 while nothing is known
 * @param predictedDowntimeMs of the pause, likewise
 * @param predictionErrorPercent by how much the predicted total time was above (or, negative, below) the real one; null
 *     until it has completed
 * @param encrypted whether its frames are sealed under a secret of both hosts
 * @param encoding what compression and differences did; the source's
 * @param role {@code source} or {@code target}: which end reports
 */
public record MigrationView(
        String id,
        String vmId,
        String vmName,
        String from,
        String to,
        String status,
        String reason,
        long startedAtEpochMs,
        long setupMs,
        long totalMs,
        long downtimeMs,
        long expectedDowntimeMs,
        int rounds,
        long transferredBytes,
        long remainingBytes,
        long totalBytes,
        long normalPages,
        long duplicatePages,
        long dirtyPagesPerSecond,
        long bandwidthBytesPerSecond,
        long pagesPerSecond,
        int dirtySyncCount,
        SortedMap<String, String> parameters,
        @Nullable Boolean verified,
        boolean released,
        String role,
        int throttlePercent,
        long predictedTotalMs,
        long predictedDowntimeMs,
        @Nullable Integer predictionErrorPercent,
        boolean encrypted,
        EncodingView encoding)
        implements Wire {
    /** Longest {@code reason}. */
    public static final int MAX_REASON_CHARS = 400;

    /**
     * Of a move without guest memory, before anything of it is measured.
     *
     * @param mode {@code cold} or {@code rescue}, shown among the parameters
     */
    public static MigrationView ofWhole(
            String id, VmRecord vm, String to, String mode, String status, String reason, long startedAtEpochMs) {
        return ofDisks(id, vm, to, mode, status, reason, startedAtEpochMs, 0, 0, 0);
    }

    /** The same, with what was copied of its disks. */
    public static MigrationView ofDisks(
            String id,
            VmRecord vm,
            String to,
            String mode,
            String status,
            String reason,
            long startedAtEpochMs,
            long transferredBytes,
            long remainingBytes,
            long totalBytes) {
        long totalMs = Math.max(0, System.currentTimeMillis() - startedAtEpochMs);
        return new MigrationView(
                id,
                vm.id(),
                vm.spec().name(),
                vm.owner().hostId(),
                to,
                status,
                reason.length() > MAX_REASON_CHARS ? reason.substring(0, MAX_REASON_CHARS) : reason,
                startedAtEpochMs,
                0,
                totalMs,
                0,
                0,
                0,
                transferredBytes,
                remainingBytes,
                totalBytes,
                0,
                0,
                0,
                totalMs == 0 ? 0 : transferredBytes * 1000 / totalMs,
                0,
                0,
                new TreeMap<>(Map.of("mode", mode)),
                null,
                status.equals("completed") || status.equals("failed") || status.equals("cancelled"),
                mode.equals("rescue") ? "target" : "source",
                0,
                0,
                0,
                null,
                false,
                EncodingView.NONE);
    }

    public boolean ended() {
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }
}
