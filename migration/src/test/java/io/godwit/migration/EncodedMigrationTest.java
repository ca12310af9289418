package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.Compression;
import io.godwit.config.LaneSettings;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.harness.Memories;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import io.godwit.migration.harness.WordWriter;
import io.godwit.transport.codec.CodecFigures;
import io.godwit.transport.seal.StreamSecret;
import io.godwit.transport.stream.OutgoingCounters;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Machines arrive whole, however their pages travelled, while their memory changes under the encoders. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EncodedMigrationTest {
    private static final long MIB = 1L << 20;
    private static final int PAGES_PER_MIB = 256;
    private static final int WORD_PAGES = 16 * PAGES_PER_MIB;

    private static TestCluster cluster;

    private final TestMachine from = new TestMachine("from", 64 * MIB).filled(8 * MIB, 4 * MIB, 10);
    private final TestMachine to = new TestMachine("to", 64 * MIB);
    private final WordWriter words = new WordWriter(from, 32 * PAGES_PER_MIB, WORD_PAGES);

    @BeforeAll
    static void startCluster() {
        cluster = new TestCluster();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @AfterEach
    void closeMachines() {
        words.close();
        from.close();
        to.close();
    }

    @ParameterizedTest
    @CsvSource({
        "1, NONE, 0, true, 0",
        "1, ZLIB, 0, false, 0",
        "2, ZLIB, 32, true, 0",
        "1, ZSTD, 0, false, 1472",
        "4, ZSTD, 0, true, 0",
        "2, ZSTD, 32, false, 8960",
        "1, NONE, 32, false, 1472",
        "3, NONE, 64, true, 0",
        "4, ZSTD, 64, true, 1472"
    })
    void shouldArriveWholeWhileItsMemoryChangesUnderTheEncoders(
            int lanes, Compression compression, long cacheMib, boolean sealed, int mtu) {
        LaneSettings how = new LaneSettings(lanes, compression, 1, true, true, cacheMib * MIB);
        try (StreamSecret secret = StreamSecret.random();
                TestCluster.Halves halves = halves(how, sealed ? secret : null, mtu)) {
            from.vcpus().get(0).resume();
            words.start();
            halves.start();
            waitForRoundsUnderFire(halves);
            halves.outgoing().allowSwitchover();
            halves.source().restSent();
            IncomingSummary ready = halves.target().ready();
            Memories.assertEqual(from.memory(), to.memory());
            MemoryComparison comparison = await(halves.outgoing().compare(Objects.requireNonNull(ready.digest())));
            assertThat(comparison.isEqual()).as("%s", comparison).isTrue();
            shouldHaveCounted(halves.outgoing().counters(), compression, cacheMib, sealed);
        }
        assertThat(to.writer().damagedPages()).isZero();
    }

    private TestCluster.Halves halves(LaneSettings how, StreamSecret secret, int mtu) {
        SourceOwner owner = new SourceOwner(from).allowsNothing().beforePause(words::close);
        return cluster.migration(from, to, settings(how), owner, UnaryOperator.identity(), secret, mtu);
    }

    /** Enough of them that pages come again and again, and that some were changed while they were copied. */
    private void waitForRoundsUnderFire(TestCluster.Halves halves) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> halves.source().isConverged()
                        && halves.outgoing().progress().rounds() >= 5
                        && words.written() > 5_000);
    }

    private static void shouldHaveCounted(
            OutgoingCounters counters, Compression compression, long cacheMib, boolean sealed) {
        CodecFigures codec = counters.codec();
        assertThat(counters.sealedFrames()).isEqualTo(sealed ? counters.frames() : 0);
        assertThat(codec.deltaCacheBytes()).isBetween(cacheMib * MIB / 2, cacheMib * MIB);
        if (compression == Compression.NONE) {
            assertThat(codec.compressedPages() + codec.incompressibleBatches()).isZero();
        } else {
            assertThat(codec.compressedPages()).isGreaterThanOrEqualTo(WORD_PAGES);
            assertThat(codec.compressedBytes()).isLessThan(codec.compressedPages() * 4096 / 2);
            assertThat(codec.incompressibleBatches()).as("the vCPU's pages").isPositive();
        }
        if (cacheMib > 0) {
            assertThat(codec.deltaPages()).isPositive();
            assertThat(codec.deltaMisses()).isPositive();
            assertThat(codec.deltaEncodingRate()).isGreaterThan(1);
            assertThat(codec.deltaMissRate()).isBetween(0.0, 1.0);
        } else {
            assertThat(codec.deltaPages() + codec.deltaMisses() + codec.deltaOverflows())
                    .isZero();
        }
    }

    @Test
    void shouldSendCompressibleMemoryInAFractionOfItsBytes() {
        LaneSettings zstd = new LaneSettings(2, Compression.ZSTD, 1, true, true, 0);
        from.writer().dirtyAt(0);
        SourceOwner owner = new SourceOwner(from);
        try (TestCluster.Halves halves =
                cluster.migration(from, to, settings(zstd), owner, UnaryOperator.identity(), null, 0)) {
            halves.start();
            owner.restSent();
            halves.target().ready();
            long wordBytes = WORD_PAGES * 4096L;
            long incompressible = 8 * MIB;
            assertThat(halves.outgoing().counters().wireBytes())
                    .isLessThan(incompressible * 11 / 10 + wordBytes * 4 / 10);
            Memories.assertEqual(from.memory(), to.memory());
        }
    }

    private static MigrationSettings settings(LaneSettings how) {
        MigrationSettings usual = MigrationSettings.DEFAULT;
        return new MigrationSettings(
                2_000,
                0,
                VerifyMode.AFTER_RESUME,
                how,
                usual.throttle(),
                usual.ending(),
                usual.encryption(),
                false,
                usual.announcement());
    }
}
