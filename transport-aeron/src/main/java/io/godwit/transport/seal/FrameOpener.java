package io.godwit.transport.seal;

import io.godwit.transport.seal.LaneKey.Direction;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Opens the frames of one lane into a private buffer. That numbers follow each other is for the caller to see to. Used by
 * one thread.
 */
public final class FrameOpener {
    /** Longest payload: more than any MTU lets a fragment carry. */
    public static final int MAX_LENGTH = 64 * 1024;

    private final GcmCipher cipher;
    private final UnsafeBuffer opened = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_LENGTH));

    /** For the target's end of a lane; the parameters are the sealer's. */
    public FrameOpener(final StreamSecret secret, final UUID migrationId, final int lane, final int attempt) {
        cipher = new GcmCipher(
                Cipher.DECRYPT_MODE, LaneKey.derive(secret, migrationId, Direction.SOURCE_TO_TARGET, lane, attempt));
    }

    /**
     * Opens one frame into {@link #opened()}.
     *
     * @param length of what was sealed, without the tag; 0 to {@link #MAX_LENGTH}
     * @return whether header and payload are what was sealed under this number; if not, the buffer holds nothing of
     *     worth
     */
    public boolean open(
            final long number,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer sealed,
            final int sealedOffset,
            final int length) {
        try {
            cipher.apply(
                    number,
                    header,
                    headerOffset,
                    headerLength,
                    sealed,
                    sealedOffset,
                    length + GcmCipher.TAG_LENGTH,
                    opened,
                    0,
                    length);
            return true;
        } catch (final AEADBadTagException forged) {
            return false;
        } catch (final GeneralSecurityException impossible) {
            throw new IllegalStateException("frame " + number + " could not be opened: " + impossible, impossible);
        }
    }

    /** The payload of the frame opened last, from index 0. */
    public DirectBuffer opened() {
        return opened;
    }
}
