package io.godwit.transport.frame;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * CRC32C (Castagnoli, RFC 3720) over ranges of agrona buffers, through the JDK's intrinsic and without garbage. Only
 * for private copies: over memory that changes or can be truncated the intrinsic is wrong or fatal.
 */
final class Checksum {
    private final CRC32C crc = new CRC32C();

    void reset() {
        crc.reset();
    }

    void update(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        final int from = buffer.wrapAdjustment() + offset;
        final byte[] array = buffer.byteArray();
        if (array != null) {
            crc.update(array, from, length);
            return;
        }
        final ByteBuffer bytes = buffer.byteBuffer();
        bytes.limit(from + length).position(from);
        crc.update(bytes);
        bytes.clear();
    }

    int value() {
        return (int) crc.getValue();
    }
}
