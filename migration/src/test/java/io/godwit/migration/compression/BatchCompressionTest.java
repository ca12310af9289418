package io.godwit.migration.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import io.godwit.migration.harness.Seeds;
import io.godwit.transport.frame.BadFrameException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchCompressionTest {
    private static final int PAGE = 4096;
    private static final int MAX_BYTES = 32 * PAGE;
    private static final byte GUARD = 0x5A;

    enum Method {
        ZLIB(() -> new ZlibCompressor(1)),
        ZLIB_BEST(() -> new ZlibCompressor(9)),
        ZLIB_STORED(() -> new ZlibCompressor(0)),
        ZSTD(() -> new ZstdCompressor(1)),
        ZSTD_BEST(() -> new ZstdCompressor(19));

        final Supplier<BatchCompressor> make;

        Method(Supplier<BatchCompressor> make) {
            this.make = make;
        }
    }

    private final ByteBuffer source = ByteBuffer.allocateDirect(MAX_BYTES);
    private final ByteBuffer target = ByteBuffer.allocateDirect(MAX_BYTES + PAGE);
    private final BatchDecompressor decompressor = new BatchDecompressor();

    @AfterEach
    void close() {
        decompressor.close();
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void shouldGiveBackWhatWasCompressed(Method method) {
        SplittableRandom random = Seeds.random();
        try (BatchCompressor compressor = method.make.get()) {
            ByteBuffer compressed = ByteBuffer.allocateDirect(compressor.bound(MAX_BYTES));
            for (int i = 0; i < 200; i++) {
                int pages = 1 + random.nextInt(31);
                int offset = PAGE * random.nextInt(2);
                fill(random, random.nextInt(256));
                int length = compressor.compress(source, offset, pages * PAGE, compressed);
                source.clear();
                guardTarget();
                decompressor.decompress(compressor.method(), compressed, length, target, pages * PAGE);
                target.clear();
                assertThat(target.slice(0, pages * PAGE)).isEqualTo(source.slice(offset, pages * PAGE));
                assertGuarded(pages * PAGE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void shouldBoundWhatCannotBeCompressed(Method method) {
        SplittableRandom random = Seeds.random();
        try (BatchCompressor compressor = method.make.get()) {
            for (int pages = 1; pages <= 32; pages++) {
                fill(random, 256);
                ByteBuffer exact = ByteBuffer.allocateDirect(compressor.bound(pages * PAGE));
                int length = compressor.compress(source, 0, pages * PAGE, exact);
                source.clear();
                assertThat(length).isBetween(pages * PAGE, exact.capacity());
                assertThat(new BatchPolicy().pays(pages * PAGE, length)).isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void shouldRefuseMoreAndLessThanThePagesAnnounced(Method method) {
        SplittableRandom random = Seeds.random();
        try (BatchCompressor compressor = method.make.get()) {
            ByteBuffer compressed = ByteBuffer.allocateDirect(compressor.bound(MAX_BYTES));
            fill(random, 30);
            int length = compressor.compress(source, 0, 8 * PAGE, compressed);
            for (int expected : new int[] {PAGE, 7 * PAGE, 8 * PAGE - 1, 8 * PAGE + 1, 9 * PAGE, 32 * PAGE}) {
                guardTarget();
                assertThatThrownBy(() ->
                                decompressor.decompress(compressor.method(), compressed, length, target, expected))
                        .isInstanceOf(BadFrameException.class)
                        .hasMessageContaining("compressed payload")
                        .hasMessageContaining("expected");
                assertGuarded(expected);
                compressed.clear();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void shouldStopABombAtThePagesAnnounced(Method method) {
        try (BatchCompressor compressor = method.make.get()) {
            int bombBytes = 64 << 20;
            ByteBuffer zeros = ByteBuffer.allocateDirect(bombBytes);
            ByteBuffer bomb = ByteBuffer.allocateDirect(compressor.bound(bombBytes));
            int length = compressor.compress(zeros, 0, bombBytes, bomb);
            guardTarget();
            assertThatThrownBy(() -> decompressor.decompress(compressor.method(), bomb, length, target, PAGE))
                    .isInstanceOf(BadFrameException.class);
            assertGuarded(PAGE);
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void shouldRefuseOrSurviveDamage(Method method) {
        SplittableRandom random = Seeds.random();
        int refused = 0;
        try (BatchCompressor compressor = method.make.get()) {
            ByteBuffer compressed = ByteBuffer.allocateDirect(compressor.bound(MAX_BYTES));
            fill(random, 30);
            int length = compressor.compress(source, 0, 4 * PAGE, compressed);
            byte[] valid = new byte[length];
            compressed.get(0, valid);
            for (int i = 0; i < 20_000; i++) {
                int spoiltLength = spoil(random, compressed, valid);
                guardTarget();
                try {
                    decompressor.decompress(compressor.method(), compressed, spoiltLength, target, 4 * PAGE);
                } catch (BadFrameException bad) {
                    refused++;
                    assertThat(bad).hasMessageContaining("expected");
                }
                assertGuarded(4 * PAGE);
                compressed.clear();
            }
        }
        assertThat(refused)
                .as("the rest changes contents, which the frame's checksum finds")
                .isGreaterThan(2_000);
    }

    private static int spoil(SplittableRandom random, ByteBuffer compressed, byte[] valid) {
        compressed.put(0, valid);
        switch (random.nextInt(3)) {
            case 0 -> {
                return 1 + random.nextInt(valid.length - 1);
            }
            case 1 -> {
                int from = random.nextInt(valid.length);
                for (int at = from; at < Math.min(valid.length, from + 16); at++) {
                    compressed.put(at, (byte) random.nextInt());
                }
                return valid.length;
            }
            default -> {
                int at = random.nextInt(Math.min(64, valid.length));
                compressed.put(at, (byte) (compressed.get(at) ^ 1 << random.nextInt(8)));
                return valid.length;
            }
        }
    }

    @Test
    void shouldRefuseBytesBehindTheEndOfAZlibStream() {
        try (BatchCompressor compressor = new ZlibCompressor(1)) {
            ByteBuffer compressed = ByteBuffer.allocateDirect(compressor.bound(MAX_BYTES));
            int length = compressor.compress(source, 0, PAGE, compressed);
            assertThatThrownBy(() ->
                            decompressor.decompress(CompressionMethods.ZLIB, compressed, length + 3, target, PAGE))
                    .isInstanceOf(BadFrameException.class)
                    .hasMessageContaining("3 byte(s) behind the end of the stream");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1, 255})
    void shouldRefuseAMethodItDoesNotKnow(int method) {
        assertThatThrownBy(() -> decompressor.decompress(method, source, 10, target, PAGE))
                .isInstanceOf(BadFrameException.class)
                .hasMessage("compression method " + method + ": 1 (zlib) or 2 (zstd) is expected");
    }

    @Test
    void shouldRefuseLevelsThatAMethodDoesNotHave() {
        assertThatThrownBy(() -> new ZlibCompressor(10)).isInstanceOf(InvalidValueException.class);
        assertThatThrownBy(() -> new ZstdCompressor(21)).isInstanceOf(InvalidValueException.class);
        assertThatThrownBy(() -> new ZstdCompressor(-1)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void shouldTryOnlySomeBatchesWhileNoneIsWorthIt() {
        BatchPolicy policy = new BatchPolicy();
        int tried = 0;
        for (int i = 0; i < 88; i++) {
            if (policy.shouldTry()) {
                tried++;
                assertThat(policy.pays(4096, 3585)).isFalse();
            }
        }
        assertThat(tried).isEqualTo(8 + 10);
        while (!policy.shouldTry()) {
            tried++;
        }
        assertThat(policy.pays(4096, 3584)).isTrue();
        for (int i = 0; i < 8; i++) {
            assertThat(policy.shouldTry()).isTrue();
            policy.pays(4096, 4096);
        }
        assertThat(policy.shouldTry()).isFalse();
    }

    private void fill(SplittableRandom random, int values) {
        for (int at = 0; at < MAX_BYTES; at++) {
            source.put(at, (byte) random.nextInt(Math.max(1, values)));
        }
    }

    private void guardTarget() {
        target.clear();
        for (int at = 0; at < target.capacity(); at++) {
            target.put(at, GUARD);
        }
    }

    private void assertGuarded(int from) {
        target.clear();
        for (int at = from; at < target.capacity(); at++) {
            if (target.get(at) != GUARD) {
                throw new AssertionError("byte " + at + " was written, " + from + " were announced");
            }
        }
    }
}
