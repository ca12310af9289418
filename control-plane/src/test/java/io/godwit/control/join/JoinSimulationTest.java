package io.godwit.control.join;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A failing seed is told with its trace; {@code -Dgodwit.simulation.seed=N} runs that one alone. */
@Timeout(300)
class JoinSimulationTest {
    private static final long SEEDS = Long.getLong("godwit.simulation.seeds", 3_000);
    private static final long ONLY = Long.getLong("godwit.simulation.seed", -1);

    @Test
    void shouldLetOneNodeAtATimeFormAClusterAndBringAllIntoOneWhateverGoesWrong() {
        LongStream seeds = ONLY >= 0 ? LongStream.of(ONLY) : LongStream.range(0, SEEDS);
        seeds.forEach(seed -> {
            String violation = violation(seed, JoinMutant.NONE);
            assertThat(violation).as(() -> told(seed, JoinMutant.NONE)).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchEveryMistakeInJoining(JoinMutant mutant) {
        OptionalLong caught = LongStream.range(0, SEEDS)
                .filter(seed -> !violation(seed, mutant).isEmpty())
                .findFirst();
        assertThat(caught).as(mutant + " within " + SEEDS + " seeds").isPresent();
        long seed = caught.getAsLong();
        System.out.println(mutant + " is caught by seed " + seed + ": " + violation(seed, mutant));
    }

    @Test
    void shouldReachClustersThatTheFirstSeedDidNotForm() {
        int formed = 0;
        int byOthers = 0;
        for (long seed = 0; seed < 500; seed++) {
            JoinWorld world = new JoinWorld(seed, JoinMutant.NONE, false);
            world.run();
            formed += world.formed();
            byOthers += world.formedByOthers();
        }
        System.out.println("of 500 runs: " + formed + " clusters formed, " + byOthers + " not by the first seed");
        assertThat(byOthers).isGreaterThan(100);
        assertThat(formed - byOthers).isGreaterThan(100);
    }

    @Test
    void shouldReplayARunFromItsSeed() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(told(seed, JoinMutant.NONE)).as("seed " + seed).isEqualTo(told(seed, JoinMutant.NONE));
        }
    }

    private static String violation(long seed, JoinMutant mutant) {
        try {
            new JoinWorld(seed, mutant, false).run();
            return "";
        } catch (AssertionError violation) {
            return violation.getMessage();
        }
    }

    private static String told(long seed, JoinMutant mutant) {
        JoinWorld world = new JoinWorld(seed, mutant, true);
        String end = "ended";
        try {
            world.run();
        } catch (AssertionError violation) {
            end = violation.getMessage();
        }
        return "seed " + seed + ", " + mutant + "\n" + String.join("\n", world.traced()) + "\n" + end;
    }
}
