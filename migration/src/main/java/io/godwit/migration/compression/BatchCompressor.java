package io.godwit.migration.compression;

import java.nio.ByteBuffer;

/**
 * Compresses one batch at a time; used by one thread. Only ever given private memory: over memory that changes zlib
 * breaks, over a file that is truncated meanwhile native code kills the JVM.
 */
public interface BatchCompressor extends AutoCloseable {
    /** As on the wire. */
    int method();

    /** Room that {@link #compress} needs for {@code length} bytes, whatever they are. */
    int bound(int length);

    /**
     * Compresses {@code source[offset, offset + length)} to the beginning of {@code target}; both direct, positions
     * and limits are not kept.
     *
     * @return bytes written
     */
    int compress(ByteBuffer source, int offset, int length, ByteBuffer target);

    @Override
    void close();
}
