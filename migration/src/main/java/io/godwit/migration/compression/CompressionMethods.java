package io.godwit.migration.compression;

/** Codes of the methods on the wire; never given to anything else. */
public final class CompressionMethods {
    /** Raw deflate (RFC 1951), without zlib's header and checksum: the frame has a checksum or is sealed. */
    public static final int ZLIB = 1;
    /** One Zstandard frame (RFC 8878) without its optional checksum. */
    public static final int ZSTD = 2;

    private CompressionMethods() {}
}
