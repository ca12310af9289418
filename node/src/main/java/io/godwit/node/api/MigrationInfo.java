package io.godwit.node.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A migration. Numbers have QEMU's meaning.
 *
 * @param vm the VM's id
 * @param status as QEMU spells it: {@code setup}, {@code active}, {@code device}, {@code completed}, {@code failed},
 *     {@code cancelled} ...
 * @param reason why it failed or was cancelled, or what it waits for; else empty
 * @param startedAt RFC 3339, UTC
 * @param dirtySyncCount harvests of the dirty log
 * @param parameters what it goes by now, as far as anybody set it
 * @param verified whether memory was equal end to end; null until known
 * @param released whether memory was compared where that was asked for and all that the migration held was given back:
 *     nothing here changes any more
 * @param throttlePercent share of its time that the most throttled vCPU is held back
 * @param predictedTotalMs from a dirty rate measured before, else from the first round; 0 while nothing is known
 * @param predictedDowntimeMs of the pause, likewise
 * @param predictionErrorPercent by how much the predicted total time was above the real one; null until completed
 * @param encrypted whether its frames are sealed
 * @param compression what became of pages that were compressed; null where none were tried
 * @param differences what became of pages that had been sent before (XBZRLE); null where it is off
 */
public record MigrationInfo(
        String id,
        String vm,
        String vmName,
        String from,
        String to,
        String status,
        String reason,
        String startedAt,
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
        Map<String, String> parameters,
        @Nullable Boolean verified,
        boolean released,
        int throttlePercent,
        long predictedTotalMs,
        long predictedDowntimeMs,
        @Nullable Integer predictionErrorPercent,
        boolean encrypted,
        @Nullable CompressionInfo compression,
        @Nullable DifferencesInfo differences) {
    /**
     * Pages of 4096 bytes that were compressed.
     *
     * @param bytes what they were afterwards
     * @param rawBatches batches sent as they were, because compressing them did not pay
     */
    public record CompressionInfo(long pages, long bytes, long rawBatches) {}

    /**
     * Pages sent as what changed since they were last sent.
     *
     * @param cacheBytes room for pages as they were last sent
     * @param bytes of the differences
     * @param misses pages that were not in the cache
     * @param overflows pages whose difference was no shorter than the page
     */
    public record DifferencesInfo(long cacheBytes, long pages, long bytes, long misses, long overflows) {}

    public MigrationInfo {
        parameters = Map.copyOf(parameters);
    }

    /** Whether nothing more happens to it. */
    public boolean ended() {
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }
}
