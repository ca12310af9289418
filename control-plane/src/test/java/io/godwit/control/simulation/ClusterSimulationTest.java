package io.godwit.control.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A failing seed is told with its trace; {@code -Dgodwit.simulation.seed=N} runs that one alone. */
@Timeout(600)
class ClusterSimulationTest {
    private static final long SEEDS = Long.getLong("godwit.simulation.seeds", 10_000);
    private static final long ONLY = Long.getLong("godwit.simulation.seed", -1);

    @Test
    void shouldRunEachVmAtOneHostAndLoseNoneWhateverGoesWrongInACluster() {
        LongStream seeds = ONLY >= 0 ? LongStream.of(ONLY) : LongStream.range(0, SEEDS);
        seeds.forEach(seed -> {
            String violation = violation(seed, ClusterMutant.NONE);
            assertThat(violation).as(() -> told(seed, ClusterMutant.NONE)).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchEveryMistakeInPermitsAndFailover(ClusterMutant mutant) {
        OptionalLong caught = LongStream.range(0, SEEDS)
                .filter(seed -> !violation(seed, mutant).isEmpty())
                .findFirst();
        assertThat(caught).as(mutant + " within " + SEEDS + " seeds").isPresent();
        long seed = caught.getAsLong();
        System.out.println(mutant + " is caught by seed " + seed + ": " + violation(seed, mutant));
    }

    @Test
    void shouldReplayARunFromItsSeed() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(told(seed, ClusterMutant.NONE)).as("seed " + seed).isEqualTo(told(seed, ClusterMutant.NONE));
        }
    }

    private static String violation(long seed, ClusterMutant mutant) {
        try {
            new Cluster(seed, mutant, false).run();
            return "";
        } catch (Violation violation) {
            return violation.getMessage();
        }
    }

    private static String told(long seed, ClusterMutant mutant) {
        Cluster cluster = new Cluster(seed, mutant, true);
        String end = "ended";
        try {
            cluster.run();
        } catch (Violation violation) {
            end = violation.getMessage();
        }
        return "seed " + seed + ", " + mutant + "\n" + String.join("\n", cluster.traced()) + "\n" + end;
    }
}
