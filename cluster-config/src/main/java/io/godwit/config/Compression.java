package io.godwit.config;

/** How a lane compresses pages. */
public enum Compression {
    NONE,
    ZLIB,
    ZSTD
}
