package io.godwit.transport.seal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key of one lane, in one direction, of one attempt to connect: no two of them are equal, so each may count its
 * nonces from 0.
 *
 * <pre>
 * key  = HKDF-SHA256(salt, secret, info, 32 bytes)
 * salt = migration id, 16 bytes, high half first
 * info = "godwit page stream 1" | direction, 1 byte | lane, 2 bytes | attempt, 4 bytes
 * </pre>
 *
 * Big-endian.
 */
public final class LaneKey {
    /** Who seals with the key. */
    public enum Direction {
        SOURCE_TO_TARGET(0),
        TARGET_TO_SOURCE(1);

        private final byte code;

        Direction(final int code) {
            this.code = (byte) code;
        }
    }

    private static final int KEY_LENGTH = 32;
    private static final byte[] LABEL = "godwit page stream 1".getBytes(StandardCharsets.US_ASCII);

    private LaneKey() {}

    /**
     * @param lane 0 to 65,535
     * @param attempt 0 for the first connection of a lane, one more for each that takes its place
     */
    static SecretKey derive(
            final StreamSecret secret,
            final UUID migrationId,
            final Direction direction,
            final int lane,
            final int attempt) {
        if (lane < 0 || lane > 0xFFFF || attempt < 0) {
            throw new IllegalArgumentException(
                    "lane " + lane + ", attempt " + attempt + ": 0 to 65535, and at least 0, are expected");
        }
        final byte[] salt = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(migrationId.getMostSignificantBits())
                .putLong(migrationId.getLeastSignificantBits())
                .array();
        final byte[] info = ByteBuffer.allocate(LABEL.length + Byte.BYTES + Short.BYTES + Integer.BYTES)
                .put(LABEL)
                .put(direction.code)
                .putShort((short) lane)
                .putInt(attempt)
                .array();
        final byte[] input = secret.copyBytes();
        final byte[] extracted = Hkdf.extract(salt, input);
        final byte[] key = Hkdf.expand(extracted, info, KEY_LENGTH);
        try {
            return new SecretKeySpec(key, "AES");
        } finally {
            Arrays.fill(input, (byte) 0);
            Arrays.fill(extracted, (byte) 0);
            Arrays.fill(key, (byte) 0);
        }
    }
}
