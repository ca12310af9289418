package io.godwit.actors.migration;

import io.godwit.actors.serialization.Wire;
import io.godwit.transport.codec.CodecFigures;

/**
 * What became of pages that were compressed, or sent as what had changed since they were last sent (XBZRLE). Pages have
 * 4096 bytes; all figures are 0 where it was not asked for.
 *
 * @param compressedBytes of the compressed pages, afterwards
 * @param rawBatches batches sent as they were, because compressing them did not pay
 * @param cacheBytes room for pages as they were last sent
 * @param changedPages pages sent as differences
 * @param differenceBytes of these
 * @param cacheMisses pages that were not in the cache
 * @param overflows pages whose difference was no shorter than the page
 * @param missRate misses among the pages looked up
 * @param encodingRate bytes of the pages sent as differences, per byte of difference
 */
public record EncodingView(
        long compressedPages,
        long compressedBytes,
        long rawBatches,
        long cacheBytes,
        long changedPages,
        long differenceBytes,
        long cacheMisses,
        long overflows,
        double missRate,
        double encodingRate)
        implements Wire {
    static final EncodingView NONE = of(CodecFigures.NONE);

    static EncodingView of(CodecFigures figures) {
        return new EncodingView(
                figures.compressedPages(),
                figures.compressedBytes(),
                figures.incompressibleBatches(),
                figures.deltaCacheBytes(),
                figures.deltaPages(),
                figures.deltaBytes(),
                figures.deltaMisses(),
                figures.deltaOverflows(),
                figures.deltaMissRate(),
                figures.deltaEncodingRate());
    }

    public boolean triedToCompress() {
        return compressedPages + rawBatches > 0;
    }

    public boolean hasCache() {
        return cacheBytes > 0;
    }
}
