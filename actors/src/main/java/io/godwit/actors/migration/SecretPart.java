package io.godwit.actors.migration;

import io.godwit.config.InvalidValueException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * One side's part of a {@link SessionSecret}: 32 random bytes, fresh for each migration. It travels in the control
 * channel, and only where that is TLS; it is in no log, for its text does not show it.
 */
@SuppressWarnings("ArrayRecordComponent")
public record SecretPart(byte[] bytes) {
    public static final int LENGTH = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    public SecretPart {
        if (bytes.length != LENGTH) {
            throw new InvalidValueException("secret", bytes.length + " bytes", LENGTH + " bytes");
        }
    }

    static SecretPart fresh() {
        byte[] bytes = new byte[LENGTH];
        RANDOM.nextBytes(bytes);
        return new SecretPart(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SecretPart part && MessageDigest.isEqual(bytes, part.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "SecretPart[not shown]";
    }
}
