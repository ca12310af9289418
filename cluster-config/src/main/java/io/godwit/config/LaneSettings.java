package io.godwit.config;

/**
 * How a migration's pages travel.
 *
 * @param channels parallel lanes, 1 to {@value #MAX_CHANNELS}
 * @param compression how a lane compresses pages
 * @param compressionLevel the method's own scale; what is above its highest level means that
 * @param compressAlways whether pages wait for a lane that compresses more slowly than its link takes them
 * @param zeroPages whether zero pages are found and sent as markers
 * @param xbzrleCacheBytes source memory for pages as they were sent, all lanes together; 0 sends no differences
 */
public record LaneSettings(
        int channels,
        Compression compression,
        int compressionLevel,
        boolean compressAlways,
        boolean zeroPages,
        long xbzrleCacheBytes) {
    public static final int MAX_CHANNELS = 16;

    public LaneSettings {
        if (channels < 1 || channels > MAX_CHANNELS) {
            throw new InvalidValueException("channels", channels, "1 to " + MAX_CHANNELS);
        }
        if (compressionLevel < 0) {
            throw new InvalidValueException("compressionLevel", compressionLevel, "0 or more");
        }
        if (xbzrleCacheBytes < 0) {
            throw new InvalidValueException("xbzrleCacheBytes", xbzrleCacheBytes, "0 (off) or more");
        }
    }

    /** A lane is a thread at either end, so the number of threads asked for compression is a number of lanes. */
    static LaneSettings of(MigrationParameters parameters) {
        Compression compression = parameters.get(MigrationParameter.COMPRESSION);
        int threads = Math.max(
                parameters.get(MigrationParameter.COMPRESS_THREADS),
                parameters.get(MigrationParameter.DECOMPRESS_THREADS));
        int channels = parameters.get(MigrationParameter.CHANNELS);
        return new LaneSettings(
                compression == Compression.NONE ? channels : Math.max(channels, threads),
                compression,
                parameters.get(MigrationParameter.COMPRESS_LEVEL),
                parameters.get(MigrationParameter.COMPRESS_WAIT),
                parameters.get(MigrationParameter.ZERO_PAGES),
                parameters.get(MigrationParameter.XBZRLE) ? parameters.get(MigrationParameter.XBZRLE_CACHE_SIZE) : 0);
    }
}
