package io.godwit.transport.seal;

import io.godwit.transport.seal.LaneKey.Direction;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.agrona.DirectBuffer;

/**
 * AES-256-GCM (NIST SP 800-38D) over the frames of one lane. The nonce is the frame's number, 12 bytes big-endian, and
 * only ever grows: a number that was used is never sealed again, and beyond {@value #MAX_FRAMES} frames nothing is. Used
 * by one thread. The cipher is reused; what the JDK allocates per frame is all there is.
 */
public final class FrameCipher {
    public static final int TAG_LENGTH = 16;
    /** 2^32 frames, some 250 TB: SP 800-38D's limit on invocations of a key. */
    public static final long MAX_FRAMES = 1L << 32;

    private static final int NONCE_LENGTH = 12;
    private static final String TRANSFORMATION = "AES/GCM/NoPadding";

    private final int mode;
    private final SecretKey key;
    private final Cipher cipher;
    private final byte[] nonce = new byte[NONCE_LENGTH];
    private long nextNumber;

    private FrameCipher(final int mode, final SecretKey key) {
        this.mode = mode;
        this.key = key;
        try {
            this.cipher = Cipher.getInstance(TRANSFORMATION);
        } catch (final GeneralSecurityException impossible) { // every Java platform has it
            throw new IllegalStateException(TRANSFORMATION + " is missing from this JDK", impossible);
        }
    }

    /** For the source's end of a lane. */
    public static FrameCipher sealing(
            final StreamSecret secret, final UUID migrationId, final int lane, final int attempt) {
        return new FrameCipher(
                Cipher.ENCRYPT_MODE, LaneKey.derive(secret, migrationId, Direction.SOURCE_TO_TARGET, lane, attempt));
    }

    /** For the target's end of a lane. */
    public static FrameCipher opening(
            final StreamSecret secret, final UUID migrationId, final int lane, final int attempt) {
        return new FrameCipher(
                Cipher.DECRYPT_MODE, LaneKey.derive(secret, migrationId, Direction.SOURCE_TO_TARGET, lane, attempt));
    }

    /**
     * Seals a private copy.
     *
     * @param number of the frame; larger than all before
     * @param header what is authenticated beside the payload
     * @param target room for {@code length + }{@value #TAG_LENGTH} bytes; the tag comes last. Not the memory of
     *     {@code plain}
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
        requireMode(Cipher.ENCRYPT_MODE);
        if (number < nextNumber || number >= MAX_FRAMES) {
            throw new IllegalStateException("frame number " + number + ": " + nextNumber + " to " + (MAX_FRAMES - 1)
                    + " is expected, a nonce is never used twice");
        }
        nextNumber = number + 1; // used up, whatever happens now
        try {
            begin(number, header, headerOffset, headerLength);
            cipher.doFinal(
                    ByteWindow.of(plain, plainOffset, length),
                    ByteWindow.of(target, targetOffset, length + TAG_LENGTH));
        } catch (final GeneralSecurityException impossible) {
            throw new IllegalStateException("frame " + number + " could not be sealed: " + impossible, impossible);
        } finally {
            ByteWindow.reset(header, plain, target);
        }
    }

    /**
     * Opens a frame into private memory, which holds nothing of worth if that fails.
     *
     * @param length of what was sealed, without the tag
     * @return whether header and payload are what was sealed under this number
     */
    public boolean open(
            final long number,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer sealed,
            final int sealedOffset,
            final int length,
            final DirectBuffer target,
            final int targetOffset) {
        requireMode(Cipher.DECRYPT_MODE);
        try {
            begin(number, header, headerOffset, headerLength);
            cipher.doFinal(
                    ByteWindow.of(sealed, sealedOffset, length + TAG_LENGTH),
                    ByteWindow.of(target, targetOffset, length));
            return true;
        } catch (final AEADBadTagException forged) {
            return false;
        } catch (final GeneralSecurityException impossible) {
            throw new IllegalStateException("frame " + number + " could not be opened: " + impossible, impossible);
        } finally {
            ByteWindow.reset(header, sealed, target);
        }
    }

    private void begin(final long number, final DirectBuffer header, final int offset, final int length)
            throws GeneralSecurityException {
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[NONCE_LENGTH - 1 - i] = (byte) (number >>> (8 * i));
        }
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_LENGTH, nonce));
        cipher.updateAAD(ByteWindow.of(header, offset, length));
    }

    private void requireMode(final int wanted) {
        if (mode != wanted) {
            throw new IllegalStateException("this cipher seals or opens, not both");
        }
    }
}
