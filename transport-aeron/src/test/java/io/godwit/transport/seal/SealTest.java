package io.godwit.transport.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.seal.LaneKey.Direction;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SealTest {
    private static final int HEADER = 56;
    private static final int LENGTH = 5000;
    private static final int AT = 64;

    private final UUID id = new UUID(1, 2);
    private final StreamSecret secret = StreamSecret.random();
    private final FrameSealer sealer = new FrameSealer(secret, id, 0, 0);
    private final FrameOpener opener = new FrameOpener(secret, id, 0, 0);
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[HEADER]);
    private final UnsafeBuffer plain = direct(LENGTH);
    private final UnsafeBuffer sealed = direct(AT + LENGTH + FrameSealer.TAG_LENGTH);

    @Test
    void shouldOpenWhatWasSealedAndLeaveTheBuffersAsTheyWere() {
        final SplittableRandom random = seeded();
        for (int number = 0; number < 500; number++) {
            final int length = random.nextInt(LENGTH + 1);
            fill(random);
            seal(number, length);
            assertThat(open(number, length)).isTrue();
            for (int at = 0; at < length; at++) {
                assertThat(opener.opened().getByte(at)).isEqualTo(plain.getByte(at));
            }
            assertThat(sealed.byteBuffer().position()).isZero();
            assertThat(sealed.byteBuffer().remaining()).isEqualTo(sealed.capacity());
        }
    }

    @Test
    void shouldBeAesGcmWithTheNumberAsNonceAndTheTagAtTheEnd() throws Exception {
        fill(seeded());
        final long number = 0x1234_5678L;
        seal(number, LENGTH);
        final SecretKey key = LaneKey.derive(secret, id, Direction.SOURCE_TO_TARGET, 0, 0);
        assertThat(key.getEncoded()).hasSize(32);
        final Cipher plainJdk = Cipher.getInstance("AES/GCM/NoPadding");
        final byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(number).array();
        plainJdk.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, nonce));
        plainJdk.updateAAD(header.byteArray());
        final byte[] bytes = new byte[LENGTH + 16];
        sealed.getBytes(AT, bytes);
        final byte[] expected = new byte[LENGTH];
        plain.getBytes(0, expected);
        assertThat(plainJdk.doFinal(bytes)).isEqualTo(expected);
    }

    @Test
    void shouldNoticeEverySingleFlippedBitOfHeaderPayloadAndTag() {
        fill(seeded());
        final int length = 100;
        seal(7, length);
        for (int bit = 0; bit < 8 * (length + FrameSealer.TAG_LENGTH); bit++) {
            flip(sealed, AT * 8 + bit);
            assertThat(open(7, length)).isFalse();
            flip(sealed, AT * 8 + bit);
        }
        for (int bit = 0; bit < 8 * HEADER; bit++) {
            flip(header, bit);
            assertThat(open(7, length)).isFalse();
            flip(header, bit);
        }
        assertThat(open(6, length)).as("another number").isFalse();
        assertThat(open(7, length - 1)).as("another length").isFalse();
        assertThat(open(7, length)).isTrue();
    }

    @Test
    void shouldNeverSealTwiceUnderOneNumber() {
        seal(0, 10);
        seal(1, 10);
        seal(5, 10);
        for (final long used : new long[] {0, 1, 4, 5, -1}) {
            sealed.setMemory(0, sealed.capacity(), (byte) 0);
            assertThatThrownBy(() -> seal(used, 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("frame number " + used + ": 6 to 4294967295");
            assertThat(sealed.getLong(AT)).isZero();
        }
        seal(6, 10);
    }

    @Test
    void shouldUseUpANumberThatFailed() {
        assertThatThrownBy(() -> sealer.seal(3, header, 0, HEADER, plain, 0, LENGTH, direct(10), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> seal(3, 10)).hasMessageContaining("a nonce is never used twice");
    }

    @Test
    void shouldRefuseToSealPastTheLimit() {
        seal(FrameSealer.MAX_FRAMES - 1, 10);
        assertThatThrownBy(() -> seal(FrameSealer.MAX_FRAMES, 10))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("frame number 4294967296");
    }

    @Test
    void shouldDeriveAnotherKeyForEveryLaneAttemptDirectionMigrationAndSecret() {
        final Set<String> keys = new HashSet<>();
        int derived = 0;
        for (final StreamSecret each : new StreamSecret[] {secret, StreamSecret.random()}) {
            for (final UUID migration : new UUID[] {id, new UUID(2, 1)}) {
                for (final Direction direction : Direction.values()) {
                    for (int lane = 0; lane < 16; lane++) {
                        for (int attempt = 0; attempt < 4; attempt++) {
                            final SecretKey key = LaneKey.derive(each, migration, direction, lane, attempt);
                            keys.add(java.util.HexFormat.of().formatHex(key.getEncoded()));
                            derived++;
                        }
                    }
                }
            }
        }
        assertThat(keys).hasSize(derived);
    }

    @Test
    void shouldNeverShowASecretAndWipeItWhenClosed() {
        final byte[] bytes = new byte[StreamSecret.LENGTH];
        java.util.Arrays.fill(bytes, (byte) 0x41);
        final StreamSecret known = StreamSecret.of(bytes);
        assertThat(known.toString()).doesNotContain("41").doesNotContain("65").doesNotContain("A");
        assertThat(known.copyBytes()).isEqualTo(bytes);
        known.close();
        known.close();
        assertThatThrownBy(known::copyBytes)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("wiped");
        assertThat(bytes).as("the caller's copy is the caller's").contains(0x41);
        assertThatThrownBy(() -> StreamSecret.of(new byte[31])).hasMessageContaining("31 bytes: 32");
        assertThat(StreamSecret.random().copyBytes())
                .isNotEqualTo(StreamSecret.random().copyBytes());
    }

    private void seal(final long number, final int length) {
        sealer.seal(number, header, 0, HEADER, plain, 0, length, sealed, AT);
    }

    private boolean open(final long number, final int length) {
        return opener.open(number, header, 0, HEADER, sealed, AT, length);
    }

    private void fill(final SplittableRandom random) {
        for (int at = 0; at < LENGTH; at++) {
            plain.putByte(at, (byte) random.nextInt());
        }
        for (int at = 0; at < HEADER; at++) {
            header.putByte(at, (byte) random.nextInt());
        }
    }

    private static void flip(final UnsafeBuffer buffer, final int bit) {
        buffer.putByte(bit / 8, (byte) (buffer.getByte(bit / 8) ^ 1 << bit % 8));
    }

    private static SplittableRandom seeded() {
        final long seed = Long.getLong("godwit.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new SplittableRandom(seed);
    }

    private static UnsafeBuffer direct(final int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }
}
