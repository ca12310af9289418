package io.godwit.migration.compression;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.godwit.transport.frame.BadFrameException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Undoes what the compressors do, whoever sent it: output goes to a private buffer and never beyond the length
 * expected, however much the input claims to hold. One per lane, used by one thread; natives are made when first
 * needed.
 */
public final class BatchDecompressor implements AutoCloseable {
    /** Where a batch that goes on too long shows it. */
    private final ByteBuffer excess = ByteBuffer.allocateDirect(1);

    private @Nullable Inflater inflater;
    private @Nullable ZstdDecompressCtx zstd;

    /**
     * Fills {@code target[0, expected)} from {@code source[0, length)}; both direct and private, positions and limits
     * are not kept.
     *
     * @throws BadFrameException if the method is unknown, the input is damaged, or it does not hold exactly as many
     *     bytes as expected; {@code target} behind {@code expected} is unchanged even then
     */
    public void decompress(int method, ByteBuffer source, int length, ByteBuffer target, int expected) {
        switch (method) {
            case CompressionMethods.ZLIB -> inflate(source, length, target, expected);
            case CompressionMethods.ZSTD -> zstd(source, length, target, expected);
            default ->
                throw new BadFrameException("compression method " + method + ": " + CompressionMethods.ZLIB
                        + " (zlib) or " + CompressionMethods.ZSTD + " (zstd) is expected");
        }
    }

    private void inflate(ByteBuffer source, int length, ByteBuffer target, int expected) {
        Inflater with = inflater == null ? new Inflater(true) : inflater;
        inflater = with;
        with.reset();
        source.limit(length).position(0);
        target.limit(expected).position(0);
        with.setInput(source);
        try {
            inflateFully(with, target);
            excess.clear();
            if (!with.finished() && with.inflate(excess) > 0) {
                throw bad("zlib", "more than " + expected, expected);
            }
        } catch (DataFormatException e) {
            throw new BadFrameException(
                    "compressed payload, zlib: " + e.getMessage() + ": " + expected + " bytes are expected");
        }
        if (target.hasRemaining() || !with.finished()) {
            throw bad(
                    "zlib",
                    with.finished() ? "" + target.position() : "an unfinished stream of " + target.position(),
                    expected);
        }
        if (with.getRemaining() != 0) {
            throw new BadFrameException("compressed payload, zlib: " + with.getRemaining()
                    + " byte(s) behind the end of the stream: 0 are expected");
        }
    }

    /** Until the target is full, the stream ends, or it can give nothing more. */
    private static void inflateFully(Inflater with, ByteBuffer target) throws DataFormatException {
        while (target.hasRemaining() && !with.finished()) {
            if (with.inflate(target) == 0) {
                return;
            }
        }
    }

    private void zstd(ByteBuffer source, int length, ByteBuffer target, int expected) {
        ZstdDecompressCtx with = zstd == null ? new ZstdDecompressCtx() : zstd;
        zstd = with;
        int produced;
        try {
            produced = with.decompressDirectByteBuffer(target, 0, expected, source, 0, length);
        } catch (ZstdException e) {
            throw new BadFrameException(
                    "compressed payload, zstd: " + e.getMessage() + ": " + expected + " bytes are expected");
        }
        if (produced != expected) {
            throw bad("zstd", "" + produced, expected);
        }
    }

    private static BadFrameException bad(String method, String found, int expected) {
        return new BadFrameException(
                "compressed payload, " + method + ": " + found + " bytes: exactly " + expected + " are expected");
    }

    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
            inflater = null;
        }
        if (zstd != null) {
            zstd.close();
            zstd = null;
        }
    }
}
