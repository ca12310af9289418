package io.godwit.migration;

import io.godwit.transport.codec.CodecFigures;

/**
 * How far one half of a migration is; the numbers mean what they mean in QEMU's {@code query-migrate}.
 *
 * @param converging false when the last rounds brought the downtime no nearer to its limit
 * @param transferredBytes on the wire, headers included; at the target, those of pages only
 * @param remainingBytes of RAM still to be sent in this round; at the target, never received yet
 * @param totalBytes of RAM
 * @param duplicatePages pages sent as zero markers
 * @param normalPages pages sent as bytes
 * @param dirtyPagesRate pages dirtied per second
 * @param mbps megabits per second on the wire, of late
 * @param pagesPerSecond pages of both kinds, of late
 * @param dirtySyncCount harvests of the dirty log
 * @param rounds rounds begun, the first one and the last one included
 * @param expectedDowntimeMs predicted at the last round's end; 0 before
 * @param downtimeMs since the request to pause, as long as and as far as this half knows; 0 before
 * @param setupMs until the stream was connected; at the target, until it listened
 * @param totalMs since the start, until the end
 * @param throttlePercent share of its time that the most throttled vCPU is held back
 * @param predictedTotalMs what the first round let expect of {@code totalMs}; 0 before its end
 * @param predictedDowntimeMs the same of {@code downtimeMs}
 * @param codec what compression and differences did; the source's
 */
public record MigrationProgress(
        MigrationPhase phase,
        boolean converging,
        long transferredBytes,
        long remainingBytes,
        long totalBytes,
        long duplicatePages,
        long normalPages,
        double dirtyPagesRate,
        double mbps,
        double pagesPerSecond,
        int dirtySyncCount,
        int rounds,
        double expectedDowntimeMs,
        double downtimeMs,
        double setupMs,
        double totalMs,
        int throttlePercent,
        double predictedTotalMs,
        double predictedDowntimeMs,
        CodecFigures codec) {}
