package io.godwit.migration.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.Compression;
import io.godwit.config.LaneSettings;
import io.godwit.migration.harness.Seeds;
import io.godwit.transport.codec.CodecFigures;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.codec.PageDecoder;
import io.godwit.transport.codec.PageEncoder;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The encoder of a lane against its decoder, with a model of both memories instead of frames. */
@Timeout(60)
class LaneCodecTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 256;
    private static final long BASE = 0x4000_0000L;

    private final UnsafeBuffer memory = direct(PAGES * PAGE);
    private final UnsafeBuffer held = direct(PAGES * PAGE);
    private final UnsafeBuffer staged = direct(LaneEncoder.BATCH_PAGES * PAGE);
    private final UnsafeBuffer wire = direct(LaneEncoder.BATCH_PAGES * PAGE);
    private final UnsafeBuffer decoded = direct(EncodedUnit.MAX_PAGES * PAGE);

    @ParameterizedTest
    @CsvSource({"ZLIB, 0", "ZSTD, 0", "NONE, 1048576", "ZLIB, 1048576", "ZSTD, 1048576", "ZSTD, 65536"})
    void shouldMakeTheTargetsMemoryTheSourcesThroughManyRounds(Compression compression, long cacheBytes) {
        SplittableRandom random = Seeds.random();
        try (PageEncoder encoder = encoder(compression, cacheBytes);
                PageDecoder decoder = decoder()) {
            for (int round = 0; round < 40; round++) {
                dirty(random);
                sendEverything(random, encoder, decoder);
                encoder.roundEnded();
                assertThat(held.compareTo(memory)).as("round %d", round).isZero();
            }
            CodecFigures figures = encoder.counters().figures();
            assertThat(figures.compressedPages() > 0).isEqualTo(compression != Compression.NONE);
            assertThat(figures.compressedBytes()).isLessThan(figures.compressedPages() * PAGE + 1);
            assertThat(figures.deltaPages() > 0).isEqualTo(cacheBytes > 0);
            assertThat(figures.deltaCacheBytes()).isEqualTo(cacheBytes);
            if (cacheBytes > 0) {
                assertThat(figures.deltaMisses()).isPositive();
                assertThat(figures.deltaOverflows()).isPositive();
                assertThat(figures.deltaMissRate()).isBetween(0.0, 1.0);
                assertThat(figures.deltaEncodingRate()).isGreaterThan(1);
            }
        }
    }

    @Test
    void shouldNotRememberPagesOfTheFirstRound() {
        try (PageEncoder encoder = encoder(Compression.NONE, 1 << 20)) {
            encoder.begin(BASE, staged, 32, false);
            assertThat(encoder.next()).isTrue();
            assertThat(encoder.unit().form()).isEqualTo(EncodedUnit.Form.RAW);
            assertThat(encoder.unit().pageCount()).isEqualTo(32);
            assertThat(encoder.next()).isFalse();
            assertThat(encoder.counters().figures().deltaMisses()).isZero();
            encoder.roundEnded();
            encoder.begin(BASE, staged, 32, false);
            assertThat(encoder.next()).isTrue();
            assertThat(encoder.counters().figures().deltaMisses()).isEqualTo(32);
            encoder.begin(BASE, staged, 32, false);
            assertThat(encoder.next()).isTrue();
            assertThat(encoder.unit().form()).isEqualTo(EncodedUnit.Form.DELTA);
            assertThat(encoder.unit().length()).as("unchanged: headers alone").isEqualTo(32 * 6);
        }
    }

    @Test
    void shouldSendWhatDoesNotCompressAsItIs() {
        SplittableRandom random = Seeds.random();
        for (int at = 0; at < staged.capacity(); at += 8) {
            staged.putLong(at, random.nextLong());
        }
        try (PageEncoder encoder = encoder(Compression.ZSTD, 0)) {
            for (int i = 0; i < 100; i++) {
                encoder.begin(BASE, staged, 32, false);
                assertThat(encoder.next()).isTrue();
                assertThat(encoder.unit().form()).isEqualTo(EncodedUnit.Form.RAW);
                assertThat(encoder.unit().bytes()).isSameAs(staged);
            }
            assertThat(encoder.counters().figures().incompressibleBatches()).isEqualTo(100);
            assertThat(encoder.counters().figures().compressedBytes()).isZero();
        }
    }

    @Test
    void shouldSendPagesAsTheyAreWhileTheLinkIsIdleIfAskedTo() {
        LaneSettings settings = new LaneSettings(1, Compression.ZSTD, 1, false, true, 0);
        try (PageEncoder encoder =
                Objects.requireNonNull(MigrationCodecs.encoders(settings).forLane(0, 1))) {
            encoder.begin(BASE, staged, 32, true);
            assertThat(encoder.next()).isTrue();
            assertThat(encoder.unit().form()).isEqualTo(EncodedUnit.Form.RAW);
            encoder.begin(BASE, staged, 32, false);
            assertThat(encoder.next()).isTrue();
            assertThat(encoder.unit().form()).isEqualTo(EncodedUnit.Form.COMPRESSED);
            assertThat(encoder.counters().figures().incompressibleBatches()).isZero();
        }
    }

    private void dirty(SplittableRandom random) {
        for (int page = 0; page < PAGES; page++) {
            int offset = page * PAGE;
            switch (random.nextInt(8)) {
                case 0 -> memory.setMemory(offset, PAGE, (byte) 0);
                case 1 -> {
                    for (int at = offset; at < offset + PAGE; at += 8) {
                        memory.putLong(at, random.nextLong());
                    }
                }
                case 2 -> {
                    for (int at = offset; at < offset + PAGE; at++) {
                        memory.putByte(at, (byte) random.nextInt(16));
                    }
                }
                case 3, 4 -> memory.putLong(offset + 8 * random.nextInt(PAGE / 8), random.nextLong());
                default -> {}
            }
        }
    }

    private void sendEverything(SplittableRandom random, PageEncoder encoder, PageDecoder decoder) {
        for (int page = 0; page < PAGES; ) {
            int count = Math.min(PAGES - page, 1 + random.nextInt(encoder.batchPages()));
            if (isZero(page)) {
                encoder.zeroSent(address(page), 1);
                held.setMemory(page * PAGE, PAGE, (byte) 0);
                page++;
                continue;
            }
            staged.putBytes(0, memory, page * PAGE, count * PAGE);
            encoder.begin(address(page), staged, count, random.nextBoolean());
            int reached = 0;
            while (encoder.next()) {
                assertThat(encoder.unit().firstPage()).isEqualTo(reached);
                receive(page, encoder.unit(), decoder);
                reached += encoder.unit().pageCount();
            }
            assertThat(reached).isEqualTo(count);
            page += count;
        }
    }

    private void receive(int runPage, EncodedUnit unit, PageDecoder decoder) {
        int bytes = unit.pageCount() * PAGE;
        int offset = (runPage + unit.firstPage()) * PAGE;
        wire.putBytes(0, unit.bytes(), unit.offset(), unit.length());
        switch (unit.form()) {
            case RAW -> {
                assertThat(unit.length()).isEqualTo(bytes);
                held.putBytes(offset, wire, 0, bytes);
            }
            case COMPRESSED -> {
                assertThat(unit.length()).isLessThan(bytes);
                decoder.decompress(unit.method(), wire, unit.length(), decoded, unit.pageCount());
                held.putBytes(offset, decoded, 0, bytes);
            }
            case DELTA -> {
                assertThat(unit.length()).isLessThan(bytes);
                decoded.putBytes(0, held, offset, bytes);
                decoder.applyDelta(wire, unit.length(), decoded, unit.pageCount());
                held.putBytes(offset, decoded, 0, bytes);
            }
        }
    }

    private boolean isZero(int page) {
        for (int at = page * PAGE; at < (page + 1) * PAGE; at += 8) {
            if (memory.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private static long address(int page) {
        return BASE + (long) page * PAGE;
    }

    private static PageEncoder encoder(Compression compression, long cacheBytes) {
        LaneSettings settings = new LaneSettings(1, compression, 1, true, true, cacheBytes);
        return Objects.requireNonNull(MigrationCodecs.encoders(settings).forLane(0, 1));
    }

    private static PageDecoder decoder() {
        return Objects.requireNonNull(MigrationCodecs.DECODERS.forLane(0));
    }

    private static UnsafeBuffer direct(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }
}
