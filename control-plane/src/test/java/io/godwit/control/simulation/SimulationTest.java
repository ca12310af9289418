package io.godwit.control.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A failing seed is told with its trace; {@code -Dgodwit.simulation.seed=N} runs that one alone. */
@Timeout(120)
class SimulationTest {
    private static final long SEEDS = Long.getLong("godwit.simulation.seeds", 20_000);
    private static final long ONLY = Long.getLong("godwit.simulation.seed", -1);

    @Test
    void shouldKeepTheGuestOnOneHostAndNeverLoseItWhateverGoesWrong() {
        LongStream seeds = ONLY >= 0 ? LongStream.of(ONLY) : LongStream.range(0, SEEDS);
        seeds.forEach(seed -> {
            String violation = violation(seed, Mutant.NONE);
            assertThat(violation).as(() -> told(seed, Mutant.NONE)).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchEveryMistakeAnImplementationCouldMake(Mutant mutant) {
        OptionalLong caught = LongStream.range(0, SEEDS)
                .filter(seed -> !violation(seed, mutant).isEmpty())
                .findFirst();
        assertThat(caught).as(mutant + " within " + SEEDS + " seeds").isPresent();
        long seed = caught.getAsLong();
        System.out.println(mutant + " is caught by seed " + seed + ": " + violation(seed, mutant));
    }

    @Test
    void shouldReachEveryWayAMigrationCanGo() {
        Map<String, Integer> ways = new TreeMap<>();
        for (long seed = 0; seed < 5_000; seed++) {
            World world = new World(seed, Mutant.NONE, true);
            world.run();
            for (String way : world.waysItWent()) {
                ways.merge(way, 1, Integer::sum);
            }
        }
        System.out.println("of 5000 runs: " + ways);
        assertThat(ways.keySet())
                .contains(
                        "source waits for the ledger to decide, the guest paused (out of reach)",
                        "source waits for the ledger to record Abort, the guest paused (out of reach)",
                        "source waits for the ledger to record Abort, the guest running here",
                        "source waits for the ledger to record Prepare (out of reach)",
                        "source waits for the rest to fit the downtime limit again",
                        "source waits for the guest to pause",
                        "target waits for the ledger to decide, the guest paused (out of reach)",
                        "target waits for the ledger to record Commit (out of reach)",
                        "source ended cancelled, target cleaned up",
                        "source ended completed, target runs",
                        "source ended failed, target cleaned up",
                        "source died, target cleaned up",
                        "source died, target runs",
                        "source ended failed, target died",
                        "source ended completed, target died",
                        "source waits for an operator to continue, the guest paused",
                        "held, then source ended completed",
                        "held, then source ended cancelled",
                        "held, then source ended failed",
                        "held, then source died",
                        "target took it without Go",
                        "restarted by the source's next life");
    }

    @Test
    void shouldReplayARunFromItsSeed() {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(told(seed, Mutant.NONE)).as("seed " + seed).isEqualTo(told(seed, Mutant.NONE));
        }
    }

    private static String violation(long seed, Mutant mutant) {
        try {
            new World(seed, mutant, false).run();
            return "";
        } catch (Violation violation) {
            return violation.getMessage();
        }
    }

    private static String told(long seed, Mutant mutant) {
        World world = new World(seed, mutant, true);
        String end = "ended";
        try {
            world.run();
        } catch (Violation violation) {
            end = violation.getMessage();
        }
        return "seed " + seed + ", " + mutant + "\n" + String.join("\n", world.traced()) + "\n" + end;
    }
}
