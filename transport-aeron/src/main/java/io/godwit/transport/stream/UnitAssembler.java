package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.frame.BadFrameException;
import io.godwit.transport.frame.FrameKind;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Puts the parts of one encoded unit together in a private buffer, beside which there is room for its pages. */
final class UnitAssembler {
    private static final int CAPACITY = EncodedUnit.MAX_PAGES * PageRange.PAGE_SIZE;

    private final UnsafeBuffer unit = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer pages = new UnsafeBuffer(0, 0);
    private FrameKind kind = FrameKind.END;
    private long address;
    private int pageCount;
    private int method;
    private int unitLength;
    private int filled;

    boolean isEmpty() {
        return filled == 0;
    }

    /**
     * Takes a part whose fields are in range by themselves.
     *
     * @return whether the unit is now whole
     */
    boolean add(
            final FrameKind partKind,
            final long partAddress,
            final int partPageCount,
            final int partMethod,
            final int partUnitLength,
            final int partOffset,
            final DirectBuffer part,
            final int offset,
            final int length) {
        if (isEmpty()) {
            kind = partKind;
            address = partAddress;
            pageCount = partPageCount;
            method = partMethod;
            unitLength = partUnitLength;
            ensureRoom();
        } else {
            requireSame("kind", partKind.code(), kind.code());
            requireSame("guest address", partAddress, address);
            requireSame("page count", partPageCount, pageCount);
            requireSame("method", partMethod, method);
            requireSame("length", partUnitLength, unitLength);
        }
        if (partOffset != filled) {
            throw new BadFrameException("unit part at byte " + partOffset + ": byte " + filled + " is expected next");
        }
        unit.putBytes(filled, part, offset, length);
        filled += length;
        return filled == unitLength;
    }

    private static void requireSame(final String what, final long found, final long first) {
        if (found != first) {
            throw new BadFrameException(
                    "unit part with " + what + " " + found + ": " + first + ", as in the first part, is expected");
        }
    }

    /** Lanes without compression never need it. */
    private void ensureRoom() {
        if (unit.capacity() == 0) {
            unit.wrap(ByteBuffer.allocateDirect(CAPACITY));
            pages.wrap(ByteBuffer.allocateDirect(CAPACITY));
        }
    }

    /** The whole unit, after which the next one may begin. */
    DirectBuffer takeUnit() {
        filled = 0;
        return unit;
    }

    int unitLength() {
        return unitLength;
    }

    /** Room for the unit's pages, private as well. */
    MutableDirectBuffer pages() {
        return pages;
    }
}
