package io.godwit.migration.digest;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * CRC32C of single pages inside larger private buffers, without an object per page. Never pointed at guest memory
 * (a checksum over a truncated mapping would end the JVM). Not thread-safe.
 */
public final class PageChecksum {
    /** The checksum of 4096 zero bytes. */
    public static final int OF_ZERO_PAGE = ofZeroPage();

    private final CRC32C crc = new CRC32C();
    private @Nullable ByteBuffer viewed;
    private @Nullable ByteBuffer view;

    /** @param offset of the page's first byte in {@code buffer} */
    public int of(DirectBuffer buffer, int offset) {
        crc.reset();
        byte[] array = buffer.byteArray();
        if (array != null) {
            crc.update(array, buffer.wrapAdjustment() + offset, GuestLayout.PAGE_SIZE);
        } else {
            ByteBuffer bytes = viewOf(buffer);
            int start = buffer.wrapAdjustment() + offset;
            bytes.limit(start + GuestLayout.PAGE_SIZE).position(start);
            crc.update(bytes);
        }
        return (int) crc.getValue();
    }

    /** Buffers are used again and again; their own position and limit stay as they are. */
    @SuppressWarnings("ReferenceEquality") // equal contents would not do: the very buffer is meant
    private ByteBuffer viewOf(DirectBuffer buffer) {
        ByteBuffer bytes = buffer.byteBuffer();
        if (bytes == null) {
            throw new IllegalArgumentException("a page buffer wraps an array or a ByteBuffer, not a bare address");
        }
        ByteBuffer current = view;
        if (current == null || viewed != bytes) {
            current = bytes.duplicate();
            viewed = bytes;
            view = current;
        }
        current.clear();
        return current;
    }

    private static int ofZeroPage() {
        CRC32C zero = new CRC32C();
        zero.update(new byte[GuestLayout.PAGE_SIZE]);
        return (int) zero.getValue();
    }
}
