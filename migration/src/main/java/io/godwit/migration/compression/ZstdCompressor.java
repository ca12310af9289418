package io.godwit.migration.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.godwit.config.InvalidValueException;
import java.nio.ByteBuffer;

/** Zstandard by zstd-jni, with one native context. */
public final class ZstdCompressor implements BatchCompressor {
    public static final int MIN_LEVEL = 0;
    public static final int MAX_LEVEL = 20;

    private final ZstdCompressCtx context;

    /** @param level 1 (fastest) to 20, or 0 for the library's default; above 20 a context takes hundreds of MiB */
    public ZstdCompressor(int level) {
        if (level < MIN_LEVEL || level > MAX_LEVEL) {
            throw new InvalidValueException("zstd level", level, MIN_LEVEL + " to " + MAX_LEVEL);
        }
        context = new ZstdCompressCtx().setLevel(level).setChecksum(false).setContentSize(true);
    }

    @Override
    public int method() {
        return CompressionMethods.ZSTD;
    }

    @Override
    public int bound(int length) {
        return Math.toIntExact(Zstd.compressBound(length));
    }

    @Override
    public int compress(ByteBuffer source, int offset, int length, ByteBuffer target) {
        return context.compressDirectByteBuffer(target, 0, target.capacity(), source, offset, length);
    }

    @Override
    public void close() {
        context.close();
    }
}
