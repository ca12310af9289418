package io.godwit.transport.frame;

import org.agrona.DirectBuffer;

/**
 * Takes frames that passed every check that needs no knowledge of the receiver's memory or of earlier frames. Buffers
 * are valid during the call only. Throws {@link BadFrameException} for what the rest of the protocol does not allow.
 */
public interface FrameHandler {
    void onRawRun(long address, int pageCount, DirectBuffer payload, int offset, int length);

    void onZeroRun(long address, int pageCount);

    /** @param address of the first byte; the piece ends within the same page */
    void onPagePiece(long address, DirectBuffer payload, int offset, int length);

    /**
     * @param stateOffset of the chunk in the state
     * @param stateLength of the whole state, at least {@code stateOffset + length}
     */
    void onDeviceState(long stateOffset, int stateLength, DirectBuffer payload, int offset, int length);

    /**
     * A part of a unit of encoded pages.
     *
     * @param kind compressed batch or XOR delta
     * @param pageCount of the unit, at most {@link EncodedPart#MAX_PAGES}
     * @param method compression method, not 0; for a delta, 0
     * @param unitLength of the whole unit, less than that of its pages
     * @param unitOffset of this part in the unit, of which it does not leave
     */
    void onEncodedPart(
            FrameKind kind,
            long address,
            int pageCount,
            int method,
            int unitLength,
            int unitOffset,
            DirectBuffer payload,
            int offset,
            int length);

    void onRoundEnd(long round, long normalPages, long zeroPages);

    void onEnd(long rounds, long normalPages, long zeroPages);
}
