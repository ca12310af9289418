package io.godwit.transport.seal;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.agrona.DirectBuffer;

/**
 * AES-256-GCM (NIST SP 800-38D) under one key, with a frame's number as nonce: 12 bytes, big-endian. The cipher is reused;
 * what the JDK allocates per frame is all there is.
 */
final class GcmCipher {
    static final int TAG_LENGTH = 16;

    private static final int NONCE_LENGTH = 12;
    private static final String TRANSFORMATION = "AES/GCM/NoPadding";

    private final int mode;
    private final SecretKey key;
    private final Cipher cipher;
    private final byte[] nonce = new byte[NONCE_LENGTH];

    /** @param mode {@link Cipher#ENCRYPT_MODE} or {@link Cipher#DECRYPT_MODE} */
    GcmCipher(final int mode, final SecretKey key) {
        this.mode = mode;
        this.key = key;
        try {
            this.cipher = Cipher.getInstance(TRANSFORMATION);
        } catch (final GeneralSecurityException impossible) { // every Java platform has it
            throw new IllegalStateException(TRANSFORMATION + " is missing from this JDK", impossible);
        }
    }

    /** Header and target may be parts of the same memory; the input is not. */
    void apply(
            final long number,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer input,
            final int inputOffset,
            final int inputLength,
            final DirectBuffer target,
            final int targetOffset,
            final int targetLength)
            throws GeneralSecurityException {
        try {
            cipher.init(mode, key, new GCMParameterSpec(8 * TAG_LENGTH, nonceOf(number)));
            cipher.updateAAD(ByteWindow.of(header, headerOffset, headerLength));
            final ByteBuffer from = ByteWindow.of(input, inputOffset, inputLength);
            cipher.doFinal(from, ByteWindow.of(target, targetOffset, targetLength));
        } finally {
            ByteWindow.reset(header);
            ByteWindow.reset(input);
            ByteWindow.reset(target);
        }
    }

    private byte[] nonceOf(final long number) {
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[NONCE_LENGTH - 1 - i] = (byte) (number >>> (8 * i));
        }
        return nonce;
    }
}
