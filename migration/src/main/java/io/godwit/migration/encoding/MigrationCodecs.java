package io.godwit.migration.encoding;

import io.godwit.config.Compression;
import io.godwit.config.LaneSettings;
import io.godwit.migration.compression.BatchCompressor;
import io.godwit.migration.compression.ZlibCompressor;
import io.godwit.migration.compression.ZstdCompressor;
import io.godwit.migration.delta.DeltaEncoder;
import io.godwit.migration.delta.PageCache;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.codec.CodecCounters;
import io.godwit.transport.codec.PageDecoders;
import io.godwit.transport.codec.PageEncoders;
import org.jspecify.annotations.Nullable;

/** The codecs of a migration's lanes, after what the operator asked for. */
public final class MigrationCodecs {
    /** A target takes whatever the source chooses to send. */
    public static final PageDecoders DECODERS = lane -> new LaneDecoder();

    private MigrationCodecs() {}

    /** The delta cache is shared out evenly; each lane's share is rounded down to a power of two of pages. */
    public static PageEncoders encoders(LaneSettings settings) {
        if (settings.compression() == Compression.NONE && settings.xbzrleCacheBytes() == 0) {
            return PageEncoders.NONE;
        }
        return (lane, lanes) -> {
            CodecCounters counters = new CodecCounters();
            DeltaEncoder deltas = deltas(settings, lanes, counters);
            return new LaneEncoder(compressor(settings), deltas, settings.compressAlways(), counters);
        };
    }

    private static @Nullable BatchCompressor compressor(LaneSettings settings) {
        int level = settings.compressionLevel();
        return switch (settings.compression()) {
            case NONE -> null;
            case ZLIB -> new ZlibCompressor(Math.min(level, ZlibCompressor.MAX_LEVEL));
            case ZSTD -> new ZstdCompressor(Math.min(level, ZstdCompressor.MAX_LEVEL));
        };
    }

    private static @Nullable DeltaEncoder deltas(LaneSettings settings, int lanes, CodecCounters counters) {
        long bytes = settings.xbzrleCacheBytes();
        return bytes == 0 ? null : new DeltaEncoder(cache(PageCache.capacityPages(bytes / lanes)), counters);
    }

    private static PageCache cache(int pages) {
        try {
            return new PageCache(pages);
        } catch (OutOfMemoryError e) { // of memory outside the heap, whose limit is the JVM's
            throw new StreamException(
                    new StreamFailure.Refused("xbzrle cache of " + pages + " pages for a lane: " + e.getMessage()));
        }
    }
}
