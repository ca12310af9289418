package io.godwit.transport.seal;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HKDF with HMAC-SHA256 (RFC 5869). */
final class Hkdf {
    static final int HASH_LENGTH = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MAX_LENGTH = 255 * HASH_LENGTH;

    private Hkdf() {}

    /** @param salt empty for RFC 5869's default of zeros */
    static byte[] extract(final byte[] salt, final byte[] inputKey) {
        return mac(salt.length == 0 ? new byte[HASH_LENGTH] : salt).doFinal(inputKey);
    }

    static byte[] expand(final byte[] pseudoRandomKey, final byte[] info, final int length) {
        if (length < 1 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("key of " + length + " bytes: 1 to " + MAX_LENGTH + " are expected");
        }
        final Mac mac = mac(pseudoRandomKey);
        final byte[] output = new byte[length];
        byte[] block = new byte[0];
        for (int written = 0, counter = 1; written < length; written += HASH_LENGTH, counter++) {
            mac.update(block);
            mac.update(info);
            mac.update((byte) counter);
            Arrays.fill(block, (byte) 0);
            block = mac.doFinal();
            System.arraycopy(block, 0, output, written, Math.min(HASH_LENGTH, length - written));
        }
        Arrays.fill(block, (byte) 0);
        return output;
    }

    private static Mac mac(final byte[] key) {
        try {
            final Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac;
        } catch (final GeneralSecurityException impossible) { // every Java platform has it
            throw new IllegalStateException(ALGORITHM + " is missing from this JDK", impossible);
        }
    }
}
