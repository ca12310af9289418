package io.godwit.migration.compression;

import io.godwit.config.InvalidValueException;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/** Raw deflate by the JDK's zlib. */
public final class ZlibCompressor implements BatchCompressor {
    public static final int MIN_LEVEL = 0;
    public static final int MAX_LEVEL = 9;

    private final Deflater deflater;

    /** @param level 0 (stored, which never pays), 1 (fastest) to 9 */
    public ZlibCompressor(int level) {
        if (level < MIN_LEVEL || level > MAX_LEVEL) {
            throw new InvalidValueException("zlib level", level, MIN_LEVEL + " to " + MAX_LEVEL);
        }
        deflater = new Deflater(level, true);
    }

    @Override
    public int method() {
        return CompressionMethods.ZLIB;
    }

    /** Stored blocks cost 5 bytes per 16 KiB at worst; zlib's own bound is looser and so is this. */
    @Override
    public int bound(int length) {
        return length + (length >>> 8) + 64;
    }

    @Override
    public int compress(ByteBuffer source, int offset, int length, ByteBuffer target) {
        deflater.reset();
        source.limit(offset + length).position(offset);
        target.clear();
        deflater.setInput(source);
        deflater.finish();
        while (!deflater.finished()) {
            if (deflater.deflate(target) == 0 && !deflater.finished()) {
                throw new IllegalStateException(
                        "deflate of " + length + " bytes did not end within " + target.capacity());
            }
        }
        return target.position();
    }

    @Override
    public void close() {
        deflater.end();
    }
}
