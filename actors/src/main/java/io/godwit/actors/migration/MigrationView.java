package io.godwit.actors.migration;

import io.godwit.actors.serialization.Wire;
import io.godwit.control.ledger.VmRecord;
import java.util.SortedMap;
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
     * What was copied of disks.
     *
     * @param bytes so far, of {@code totalBytes}
     * @param encrypted whether it was sealed on its way
     */
    public record Copied(long bytes, long totalBytes, boolean encrypted) {
        public static final Copied NOTHING = new Copied(0, 0, false);
    }

    /**
     * Of a move without guest memory.
     *
     * @param parameters with {@code mode}: {@code cold} or {@code rescue}
     */
    public static MigrationView withoutMemory(
            String id,
            VmRecord vm,
            String to,
            SortedMap<String, String> parameters,
            String role,
            String status,
            String reason,
            long startedAtEpochMs,
            long totalMs,
            Copied copied) {
        boolean over = status.equals("completed") || status.equals("failed") || status.equals("cancelled");
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
                copied.bytes(),
                copied.totalBytes() - copied.bytes(),
                copied.totalBytes(),
                0,
                0,
                0,
                totalMs == 0 ? 0 : copied.bytes() * 1000 / totalMs,
                0,
                0,
                parameters,
                null,
                over,
                role,
                0,
                0,
                0,
                null,
                copied.encrypted(),
                EncodingView.NONE);
    }

    public boolean ended() {
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }
}
