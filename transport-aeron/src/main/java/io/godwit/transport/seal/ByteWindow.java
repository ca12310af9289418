package io.godwit.transport.seal;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/**
 * The {@link ByteBuffer} below an agrona buffer with position and limit around a range, as {@code javax.crypto} wants it.
 * The buffer is the one that everybody who wraps the memory shares, so {@link #reset} follows every use, on the same
 * thread. Heap buffers are wrapped anew.
 */
final class ByteWindow {
    private ByteWindow() {}

    static ByteBuffer of(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        final int from = buffer.wrapAdjustment() + offset;
        final ByteBuffer bytes = buffer.byteBuffer();
        if (bytes != null) {
            return bytes.limit(from + length).position(from);
        }
        final byte[] array = buffer.byteArray();
        if (array == null) {
            throw new IllegalArgumentException("a frame buffer wraps an array or a ByteBuffer, not a bare address");
        }
        return ByteBuffer.wrap(array, from, length);
    }

    static void reset(final DirectBuffer buffer) {
        final ByteBuffer bytes = buffer.byteBuffer();
        if (bytes != null) {
            bytes.clear();
        }
    }
}
