package io.godwit.actors.migration;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What the keys of one migration's page stream are made of: {@code HMAC-SHA256(key = source's part, target's part)}, 32
 * bytes. Neither side alone decides it, so neither can be made to use a secret again. It is in no log.
 */
public final class SessionSecret {
    private static final String HMAC = "HmacSHA256";

    private final byte[] bytes;

    private SessionSecret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Of both parts; null unless both are there. */
    static @Nullable SessionSecret of(@Nullable SecretPart source, @Nullable SecretPart target) {
        if (source == null || target == null) {
            return null;
        }
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(source.bytes(), HMAC));
            return new SessionSecret(mac.doFinal(target.bytes()));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(HMAC + " is part of every JDK", missing);
        }
    }

    /** A copy of the 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public String toString() {
        return "SessionSecret[not shown]";
    }
}
