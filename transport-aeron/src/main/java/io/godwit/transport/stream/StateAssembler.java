package io.godwit.transport.stream;

import io.godwit.transport.frame.BadFrameException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Puts the chunks of a device state together; nothing is allocated for a state longer than allowed. */
final class StateAssembler {
    private final int maxBytes;
    private byte @Nullable [] state;
    private int filled;

    StateAssembler(final int maxBytes) {
        this.maxBytes = maxBytes;
    }

    boolean isEmpty() {
        return state == null;
    }

    /** Returns the state if it is now whole, else null. */
    byte @Nullable [] add(
            final long stateOffset,
            final int stateLength,
            final DirectBuffer chunk,
            final int offset,
            final int length) {
        final byte[] target = stateFor(stateLength);
        if (stateOffset != filled) {
            throw new BadFrameException(
                    "device state chunk at byte " + stateOffset + ": byte " + filled + " is expected next");
        }
        if (length == 0 && stateLength != 0) {
            throw new BadFrameException("device state chunk of 0 bytes: at least 1 is expected");
        }
        chunk.getBytes(offset, target, filled, length);
        filled += length;
        if (filled < target.length) {
            return null;
        }
        state = null;
        filled = 0;
        return target;
    }

    private byte[] stateFor(final int stateLength) {
        if (stateLength > maxBytes) {
            throw new BadFrameException(
                    "device state of " + stateLength + " bytes: at most " + maxBytes + " are expected");
        }
        final byte[] begun = state;
        if (begun == null) {
            final byte[] fresh = new byte[stateLength];
            state = fresh;
            return fresh;
        }
        if (begun.length != stateLength) {
            throw new BadFrameException("device state length " + stateLength + ": " + begun.length
                    + ", as in its first chunk, is expected");
        }
        return begun;
    }
}
