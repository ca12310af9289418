package io.godwit.transport.seal;

import io.godwit.transport.seal.LaneKey.Direction;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.crypto.Cipher;
import org.agrona.DirectBuffer;

/**
 * Seals the frames of one lane. Numbers only ever grow: one that was used is never used again, whatever came of it, and
 * beyond {@link #MAX_FRAMES} none is. Used by one thread.
 */
public final class FrameSealer {
    public static final int TAG_LENGTH = GcmCipher.TAG_LENGTH;
    /** The limit of SP 800-38D on uses of one key: 2^32, some 280 TB at an MTU of 65504 and 6 TB at one of 1472. */
    public static final long MAX_FRAMES = 1L << 32;

    private final GcmCipher cipher;
    private long nextNumber;

    /**
     * For the source's end of a lane.
     *
     * @param attempt 0 for the first connection of a lane, one more for each that takes its place
     */
    public FrameSealer(final StreamSecret secret, final UUID migrationId, final int lane, final int attempt) {
        cipher = new GcmCipher(
                Cipher.ENCRYPT_MODE, LaneKey.derive(secret, migrationId, Direction.SOURCE_TO_TARGET, lane, attempt));
    }

    /**
     * Seals a private copy.
     *
     * @param number of the frame; larger than all before
     * @param header what is authenticated beside the payload
     * @param plain in other memory than the target
     * @param target room for {@code length + }{@link #TAG_LENGTH} bytes; the tag comes last
     * @throws IllegalStateException if the number was used before or is beyond the limit; nothing is written
     */
    public void seal(
            final long number,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer plain,
            final int plainOffset,
            final int length,
            final DirectBuffer target,
            final int targetOffset) {
        if (number < nextNumber || number >= MAX_FRAMES) {
            throw new IllegalStateException("frame number " + number + ": " + nextNumber + " to " + (MAX_FRAMES - 1)
                    + " is expected, a nonce is never used twice");
        }
        nextNumber = number + 1;
        try {
            cipher.apply(
                    number,
                    header,
                    headerOffset,
                    headerLength,
                    plain,
                    plainOffset,
                    length,
                    target,
                    targetOffset,
                    length + TAG_LENGTH);
        } catch (final GeneralSecurityException impossible) {
            throw new IllegalStateException("frame " + number + " could not be sealed: " + impossible, impossible);
        }
    }
}
