package io.godwit.benchmarks.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ComparisonTest {
    @TempDir
    private Path scratch;

    @Test
    void shouldLeaveNoClusterWorseThanHbalNorNeedMoreMoves() throws IOException {
        assumeTrue(Hbal.version().isPresent(), "hbal is not installed (package ganeti-htools)");
        for (long seed = 100; seed < 105; seed++) {
            Comparison comparison = Comparison.of(seed, 15, 150, scratch);

            assertThat(comparison.isNoWorse()).as(comparison.toString()).isTrue();
        }
    }

    @Test
    void shouldGoOnWithoutHbal() throws IOException {
        Comparison comparison = Comparison.of(1, 15, 150, null);

        assertThat(comparison.hbal()).isNull();
        assertThat(comparison.isNoWorse()).isTrue();
        assertThat(comparison.godwit().score()).isLessThan(comparison.before() / 2);
        assertThat(SchedulingBenchmark.bars(java.util.List.of(comparison), null))
                .hasSize(1);
    }

    @Test
    void shouldCallItWorseWhenEitherIs() {
        Comparison.End godwit = new Comparison.End(1.0, 0.1, 10, 5);

        assertThat(new Comparison(1, 2, 3, 9, godwit, new Comparison.End(0.9, 0.1, 20, 5)).isNoWorse())
                .isFalse();
        assertThat(new Comparison(1, 2, 3, 9, godwit, new Comparison.End(1.1, 0.1, 9, 5)).isNoWorse())
                .isFalse();
        assertThat(new Comparison(1, 2, 3, 9, godwit, new Comparison.End(1.0, 0.1, 10, 5)).isNoWorse())
                .isTrue();
    }
}
