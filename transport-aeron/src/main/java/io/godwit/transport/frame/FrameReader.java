package io.godwit.transport.frame;

import io.godwit.transport.PageRange;
import io.godwit.transport.seal.FrameOpener;
import io.godwit.transport.seal.FrameSealer;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Believes nothing: takes a fragment, checks it field by field and hands on what is left. The header is copied first,
 * so that no field is read twice from memory that somebody else can write. In a sealed lane only frames that the source
 * sealed under their number are believed, and their payloads are opened into a private buffer first. One per lane, used
 * by one thread; after a {@link BadFrameException} it must not be used again.
 */
public final class FrameReader {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;

    private final UnsafeBuffer headerCopy = new UnsafeBuffer(new byte[FrameHeader.LENGTH]);
    private final FrameHeader header = new FrameHeader().wrap(headerCopy, 0);
    private final Checksum checksum = new Checksum();
    private final StreamIdentity identity;
    private final FrameHandler handler;
    private final @Nullable FrameOpener opener;
    private long expectedSequence;
    private boolean ended;
    private int payloadLength;

    /** Reads plain frames and refuses sealed ones. */
    public FrameReader(final StreamIdentity identity, final FrameHandler handler) {
        this(identity, handler, null);
    }

    /** @param opener that opens every frame, plain ones being refused; or null for the opposite */
    public FrameReader(final StreamIdentity identity, final FrameHandler handler, final @Nullable FrameOpener opener) {
        this.identity = identity;
        this.handler = handler;
        this.opener = opener;
    }

    /** @throws BadFrameException if anything about the frame is wrong; the handler then has not seen it */
    public void accept(final DirectBuffer fragment, final int offset, final int length) {
        if (length < FrameHeader.LENGTH) {
            throw bad("fragment length", length, "at least " + FrameHeader.LENGTH);
        }
        header.copyFrom(fragment, offset);
        payloadLength = length - FrameHeader.LENGTH;
        checkEnvelope();
        if (opener == null) {
            checkChecksum(fragment, offset + FrameHeader.LENGTH);
            checkIdentity();
            dispatch(fragment, offset + FrameHeader.LENGTH);
        } else {
            checkIdentity();
            open(opener, fragment, offset + FrameHeader.LENGTH);
            dispatch(opener.opened(), 0);
        }
    }

    private void checkEnvelope() {
        if (header.magic() != FrameHeader.MAGIC) {
            throw bad("magic", hex(header.magic()), hex(FrameHeader.MAGIC));
        }
        if (header.version() != identity.version()) {
            throw bad("protocol version", header.version(), identity.version());
        }
        if (header.payloadLength() != payloadLength) {
            throw bad("payload length", header.payloadLength(), payloadLength + ", the rest of the fragment");
        }
        final boolean isSealed = (header.flags() & FrameHeader.SEALED) != 0;
        if (isSealed != (opener != null)) {
            throw bad("flags", hex(header.flags()), isSealed ? "a plain frame, in a plain lane," : "a sealed frame");
        }
    }

    private void open(final FrameOpener with, final DirectBuffer fragment, final int sealedOffset) {
        if (header.crc() != 0) {
            throw bad("CRC32C", hex(header.crc()), "0 in a sealed frame");
        }
        final int length = payloadLength - FrameSealer.TAG_LENGTH;
        if (length < 0 || length > FrameOpener.MAX_LENGTH) {
            throw bad(
                    "payload length",
                    payloadLength,
                    FrameSealer.TAG_LENGTH + " to " + (FrameOpener.MAX_LENGTH + FrameSealer.TAG_LENGTH)
                            + " in a sealed frame");
        }
        if (!with.open(header.sequence(), headerCopy, 0, FrameHeader.LENGTH, fragment, sealedOffset, length)) {
            throw bad("tag", "does not match", "a frame as the source sealed it, under the same secret,");
        }
        payloadLength = length;
    }

    private void checkChecksum(final DirectBuffer fragment, final int payloadOffset) {
        checksum.reset();
        checksum.update(headerCopy, FrameHeader.CHECKED_OFFSET, FrameHeader.LENGTH - FrameHeader.CHECKED_OFFSET);
        checksum.update(fragment, payloadOffset, payloadLength);
        if (header.crc() != checksum.value()) {
            throw bad("CRC32C", hex(header.crc()), hex(checksum.value()));
        }
    }

    private void checkIdentity() {
        if (header.migrationHigh() != identity.migrationId().getMostSignificantBits()
                || header.migrationLow() != identity.migrationId().getLeastSignificantBits()) {
            throw bad("migration id", new UUID(header.migrationHigh(), header.migrationLow()), identity.migrationId());
        }
        if (header.lane() != identity.lane() || header.laneCount() != identity.laneCount()) {
            throw bad(
                    "lane",
                    header.lane() + " of " + header.laneCount(),
                    identity.lane() + " of " + identity.laneCount());
        }
        if (ended) {
            throw bad("sequence", header.sequence(), "nothing after the end frame");
        }
        if (header.sequence() != expectedSequence) {
            throw bad("sequence", header.sequence(), expectedSequence);
        }
        if ((header.flags() & ~(FrameHeader.OPTIONAL | FrameHeader.SEALED)) != 0) {
            throw bad("flags", hex(header.flags()), "none but optional and sealed");
        }
        expectedSequence++;
    }

    private void dispatch(final DirectBuffer fragment, final int payloadOffset) {
        final FrameKind kind = FrameKind.of(header.kind());
        if (kind == null) {
            if ((header.flags() & FrameHeader.OPTIONAL) == 0) {
                throw bad("kind", header.kind(), "one this version knows, or an optional one");
            }
            return;
        }
        switch (kind) {
            case RAW_RUN -> rawRun(fragment, payloadOffset);
            case ZERO_RUN -> zeroRun();
            case PAGE_PIECE -> pagePiece(fragment, payloadOffset);
            case DEVICE_STATE -> deviceState(fragment, payloadOffset);
            case ROUND_END, END -> counts(kind, fragment, payloadOffset);
            case COMPRESSED_BATCH, XOR_DELTA -> encodedPart(kind, fragment, payloadOffset);
        }
    }

    private void rawRun(final DirectBuffer fragment, final int payloadOffset) {
        checkPages();
        final long bytes = (long) header.pageCount() * PAGE_SIZE;
        if (payloadLength != bytes) {
            throw bad("payload length", payloadLength, bytes + " for " + header.pageCount() + " page(s)");
        }
        handler.onRawRun(header.address(), header.pageCount(), fragment, payloadOffset, payloadLength);
    }

    private void zeroRun() {
        checkPages();
        checkPayloadLength(0);
        handler.onZeroRun(header.address(), header.pageCount());
    }

    private void checkPages() {
        final long address = header.address();
        if (address < 0 || address % PAGE_SIZE != 0) {
            throw bad("guest address", hex(address), "a page's, not negative");
        }
        if (header.pageCount() < 1) {
            throw bad("page count", header.pageCount(), "at least 1");
        }
        if (address + (long) header.pageCount() * PAGE_SIZE < 0) {
            throw bad("guest address", hex(address), "room for " + header.pageCount() + " page(s) above it");
        }
    }

    private void pagePiece(final DirectBuffer fragment, final int payloadOffset) {
        final long address = header.address();
        final long inPage = address & (PAGE_SIZE - 1);
        if (address < 0 || address + PAGE_SIZE < 0) {
            throw bad("guest address", hex(address), "a page's, not negative");
        }
        if (header.pageCount() != 1) {
            throw bad("page count", header.pageCount(), 1);
        }
        final int length = payloadLength;
        if (length < 1 || inPage + length > PAGE_SIZE) {
            throw bad("payload length", length, "1 to " + (PAGE_SIZE - inPage) + " at " + hex(address));
        }
        handler.onPagePiece(address, fragment, payloadOffset, length);
    }

    private void encodedPart(final FrameKind kind, final DirectBuffer fragment, final int payloadOffset) {
        checkPages();
        if (header.pageCount() > EncodedPart.MAX_PAGES) {
            throw bad("page count", header.pageCount(), "1 to " + EncodedPart.MAX_PAGES + " in a unit");
        }
        final int length = payloadLength - EncodedPart.HEADER_LENGTH;
        if (length < 1) {
            throw bad("payload length", payloadLength, "more than " + EncodedPart.HEADER_LENGTH);
        }
        final int method = EncodedPart.method(fragment, payloadOffset);
        if (kind == FrameKind.XOR_DELTA ? method != 0 : method < 1 || method > 0xFF) {
            throw bad("method", hex(method), kind == FrameKind.XOR_DELTA ? "0" : "1 to 255, zeros behind it,");
        }
        final int unitLength = EncodedPart.unitLength(fragment, payloadOffset);
        final int pageBytes = header.pageCount() * PAGE_SIZE;
        if (unitLength < 1 || unitLength >= pageBytes) {
            throw bad("unit length", unitLength, "1 to " + (pageBytes - 1) + " for " + header.pageCount() + " page(s)");
        }
        final int unitOffset = EncodedPart.unitOffset(fragment, payloadOffset);
        if (unitOffset < 0 || unitOffset > unitLength - length) {
            throw bad("unit part", unitOffset + "+" + length, "within a unit of " + unitLength);
        }
        handler.onEncodedPart(
                kind,
                header.address(),
                header.pageCount(),
                method,
                unitLength,
                unitOffset,
                fragment,
                payloadOffset + EncodedPart.HEADER_LENGTH,
                length);
    }

    private void deviceState(final DirectBuffer fragment, final int payloadOffset) {
        final long stateOffset = header.address();
        final int stateLength = header.pageCount();
        final int length = payloadLength;
        if (stateLength < 0 || stateOffset < 0 || stateOffset > stateLength - (long) length) {
            throw bad("device state chunk", stateOffset + "+" + length, "within a length of " + stateLength);
        }
        handler.onDeviceState(stateOffset, stateLength, fragment, payloadOffset, length);
    }

    private void counts(final FrameKind kind, final DirectBuffer fragment, final int payloadOffset) {
        checkPayloadLength(CountsPayload.LENGTH);
        final long round = CountsPayload.round(fragment, payloadOffset);
        final long normalPages = CountsPayload.normalPages(fragment, payloadOffset);
        final long zeroPages = CountsPayload.zeroPages(fragment, payloadOffset);
        if (round < 0 || round > Integer.MAX_VALUE) {
            throw bad("round", round, "0 to " + Integer.MAX_VALUE);
        }
        if (kind == FrameKind.END) {
            ended = true;
            handler.onEnd(round, normalPages, zeroPages);
        } else {
            handler.onRoundEnd(round, normalPages, zeroPages);
        }
    }

    private void checkPayloadLength(final int expected) {
        if (payloadLength != expected) {
            throw bad("payload length", payloadLength, expected + " for kind " + header.kind());
        }
    }

    private BadFrameException bad(final String field, final Object value, final Object expected) {
        return new BadFrameException(
                "frame " + expectedSequence + ": " + field + " " + value + ": " + expected + " is expected");
    }

    private static String hex(final long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String hex(final int value) {
        return "0x" + Integer.toHexString(value);
    }
}
