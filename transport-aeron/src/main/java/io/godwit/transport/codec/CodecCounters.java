package io.godwit.transport.codec;

/** One lane's running figures, written by its thread alone; {@link #snapshot()} is what others see. */
public final class CodecCounters {
    public long compressedPages;
    public long compressedBatches;
    public long compressedBytes;
    public long incompressibleBatches;
    public long deltaCacheBytes;
    public long deltaPages;
    public long deltaBytes;
    public long deltaMisses;
    public long deltaOverflows;

    /** On the lane's thread. */
    public CodecFigures snapshot() {
        return new CodecFigures(
                compressedPages,
                compressedBatches,
                compressedBytes,
                incompressibleBatches,
                deltaCacheBytes,
                deltaPages,
                deltaBytes,
                deltaMisses,
                deltaOverflows);
    }
}
