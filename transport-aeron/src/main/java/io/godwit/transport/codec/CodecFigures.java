package io.godwit.transport.codec;

/**
 * What encoding did so far; the delta figures are those of QEMU's {@code xbzrle-cache} in {@code query-migrate}.
 *
 * @param compressedPages pages sent compressed
 * @param compressedBatches batches they were sent in
 * @param compressedBytes their bytes after compression; before it they were 4096 each
 * @param incompressibleBatches batches sent raw because compressing them did not pay, or was not tried after others
 *     had not paid
 * @param deltaCacheBytes {@code cache-size}: room for pages sent last
 * @param deltaPages {@code pages}: pages sent as differences, unchanged ones included
 * @param deltaBytes {@code bytes}: bytes of these differences
 * @param deltaMisses {@code cache-miss}: pages that were not in the cache
 * @param deltaOverflows {@code overflow}: pages whose difference was no shorter than the page
 */
public record CodecFigures(
        long compressedPages,
        long compressedBatches,
        long compressedBytes,
        long incompressibleBatches,
        long deltaCacheBytes,
        long deltaPages,
        long deltaBytes,
        long deltaMisses,
        long deltaOverflows) {
    public static final CodecFigures NONE = new CodecFigures(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Both together: the lanes of a stream. */
    public CodecFigures plus(final CodecFigures other) {
        return new CodecFigures(
                compressedPages + other.compressedPages,
                compressedBatches + other.compressedBatches,
                compressedBytes + other.compressedBytes,
                incompressibleBatches + other.incompressibleBatches,
                deltaCacheBytes + other.deltaCacheBytes,
                deltaPages + other.deltaPages,
                deltaBytes + other.deltaBytes,
                deltaMisses + other.deltaMisses,
                deltaOverflows + other.deltaOverflows);
    }

    /** {@code cache-miss-rate}: misses among the pages looked up; 0 before the first. */
    public double deltaMissRate() {
        final long looked = deltaPages + deltaOverflows + deltaMisses;
        return looked == 0 ? 0 : (double) deltaMisses / looked;
    }

    /** {@code encoding-rate}: bytes of the pages sent as differences, per byte of difference; 0 before the first. */
    public double deltaEncodingRate() {
        return deltaBytes == 0 ? 0 : deltaPages * 4096.0 / deltaBytes;
    }
}
