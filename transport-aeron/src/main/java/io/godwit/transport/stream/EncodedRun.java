package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSource;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.codec.PageEncoder;
import io.godwit.transport.frame.EncodedPart;
import io.godwit.transport.frame.FrameKind;
import java.nio.ByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes a run of pages out of guest memory into a private copy, has it encoded, and cuts what comes out into frames. What
 * the encoder saw is what is sent, raw pages too: it may keep it to tell differences from. One per lane, used by its
 * thread.
 */
final class EncodedRun implements AutoCloseable {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;

    private final PageEncoder encoder;
    private final PageSource source;
    private final UnsafeBuffer pages;

    private boolean open;
    private long runAddress;
    private int sentOfUnit;

    private FrameKind kind = FrameKind.RAW_RUN;
    private long address;
    private int pageCount;
    private int length;

    EncodedRun(final PageEncoder encoder, final PageSource source) {
        this.encoder = encoder;
        this.source = source;
        this.pages = new UnsafeBuffer(ByteBuffer.allocateDirect(encoder.batchPages() * PAGE_SIZE));
    }

    /** Pages of a run to take at once, at a rate at which a frame has no more than so many bytes. */
    int batchPages(final long frameBytes) {
        return (int) Math.max(1, Math.min(encoder.batchPages(), frameBytes / PAGE_SIZE));
    }

    PageEncoder encoder() {
        return encoder;
    }

    /** Whether frames of the run are left. */
    boolean isOpen() {
        return open;
    }

    /** @param linkIsIdle whether the link has taken all there was, and would take more */
    void begin(final long guestAddress, final int count, final boolean linkIsIdle) {
        source.read(guestAddress, pages, 0, count * PAGE_SIZE);
        runAddress = guestAddress;
        encoder.begin(guestAddress, pages, count, linkIsIdle);
        nextUnit();
    }

    /** Makes the next frame of no more than so many bytes behind the header. */
    void shape(final int maxPayload) {
        final EncodedUnit unit = encoder.unit();
        switch (unit.form()) {
            case RAW -> shapeRaw(unit, maxPayload);
            case COMPRESSED -> shapePart(FrameKind.COMPRESSED_BATCH, unit, maxPayload);
            case DELTA -> shapePart(FrameKind.XOR_DELTA, unit, maxPayload);
        }
    }

    private void shapeRaw(final EncodedUnit unit, final int maxPayload) {
        final int left = unit.length() - sentOfUnit;
        final boolean isWhole = maxPayload >= PAGE_SIZE;
        kind = isWhole ? FrameKind.RAW_RUN : FrameKind.PAGE_PIECE;
        length = isWhole
                ? Math.min(left, maxPayload & -PAGE_SIZE)
                : Math.min(maxPayload, PAGE_SIZE - (sentOfUnit & (PAGE_SIZE - 1)));
        address = runAddress + (long) unit.firstPage() * PAGE_SIZE + sentOfUnit;
        pageCount = Math.max(1, length / PAGE_SIZE);
    }

    private void shapePart(final FrameKind partKind, final EncodedUnit unit, final int maxPayload) {
        kind = partKind;
        length = EncodedPart.HEADER_LENGTH
                + Math.min(maxPayload - EncodedPart.HEADER_LENGTH, unit.length() - sentOfUnit);
        address = runAddress + (long) unit.firstPage() * PAGE_SIZE;
        pageCount = unit.pageCount();
    }

    FrameKind kind() {
        return kind;
    }

    long address() {
        return address;
    }

    int pageCount() {
        return pageCount;
    }

    int payloadLength() {
        return length;
    }

    void write(final MutableDirectBuffer target, final int offset) {
        final EncodedUnit unit = encoder.unit();
        if (unit.form() == EncodedUnit.Form.RAW) {
            target.putBytes(offset, unit.bytes(), unit.offset() + sentOfUnit, length);
            return;
        }
        EncodedPart.encode(target, offset, unit.method(), unit.length(), sentOfUnit);
        target.putBytes(
                offset + EncodedPart.HEADER_LENGTH,
                unit.bytes(),
                unit.offset() + sentOfUnit,
                length - EncodedPart.HEADER_LENGTH);
    }

    /** The frame was accepted; returns the pages that are complete with it. */
    int sent() {
        final EncodedUnit unit = encoder.unit();
        final boolean isRaw = unit.form() == EncodedUnit.Form.RAW;
        final int before = sentOfUnit;
        sentOfUnit += isRaw ? length : length - EncodedPart.HEADER_LENGTH;
        final boolean isWhole = sentOfUnit == unit.length();
        final int complete = isRaw ? sentOfUnit / PAGE_SIZE - before / PAGE_SIZE : isWhole ? unit.pageCount() : 0;
        if (isWhole) {
            nextUnit();
        }
        return complete;
    }

    private void nextUnit() {
        sentOfUnit = 0;
        open = encoder.next();
    }

    @Override
    public void close() {
        encoder.close();
    }
}
