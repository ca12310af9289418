package io.godwit.control.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Voters of builds that speak different levels keep one log, in thousands of random histories: commands, raises that nobody
 * checked before, restarts with an older or a newer build, snapshots that are kept and that are sent.
 */
class MixedBuildsTest {
    private static final int SEEDS = 2_000;
    private static final int STEPS = 80;
    private static final int VOTERS = 3;
    /** The codec reads no level that this build does not speak. */
    private static final int LATEST = LedgerLevel.SPOKEN;

    private int raises;
    private int stops;
    private int refusedStarts;

    @Test
    void shouldNeverHaveTwoVotersThatServeDifferNorLoseWhatWasAnswered() {
        for (int seed = 0; seed < SEEDS; seed++) {
            new History(seed).run();
        }
        assertThat(raises).as("histories in which the level was raised").isGreaterThan(SEEDS / 4);
        assertThat(stops).as("voters that met an entry above their level").isGreaterThan(SEEDS / 20);
        assertThat(refusedStarts).as("starts with a snapshot above the build").isGreaterThan(SEEDS / 20);
    }

    private final class History {
        private final int seed;
        private final SplittableRandom random;
        private final List<byte[]> log = new ArrayList<>();
        private final TreeMap<Integer, LedgerAnswer> answered = new TreeMap<>();
        /** What a voter had that stopped before that entry. */
        private final TreeMap<Integer, byte[]> stopped = new TreeMap<>();

        private final List<Voter> voters = new ArrayList<>();
        private final List<LedgerCommand> asked = new ArrayList<>();

        History(int seed) {
            this.seed = seed;
            random = new SplittableRandom(seed);
            for (int i = 0; i < VOTERS; i++) {
                voters.add(new Voter(build()));
            }
        }

        private int build() {
            return 1 + random.nextInt(LATEST);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                Voter voter = voters.get(random.nextInt(VOTERS));
                switch (random.nextInt(12)) {
                    case 0 -> voter.start(random.nextInt(3) == 0 ? build() : voter.spoken);
                    case 1 -> voter.keepSnapshot();
                    case 2 -> voter.install(voters.get(random.nextInt(VOTERS)));
                    case 3, 4, 5 -> voter.catchUp(1 + random.nextInt(5));
                    default -> lead(voter);
                }
            }
            LedgerState truth = truth();
            if (truth.level() > LedgerLevel.FIRST) {
                raises++;
            }
            for (Voter voter : voters) {
                voter.start(LATEST);
                voter.catchUp(log.size());
                assertThat(voter.serves).as("seed " + seed).isTrue();
                assertThat(LedgerCodec.encode(voter.state.snapshot()))
                        .as("seed " + seed)
                        .isEqualTo(LedgerCodec.encode(truth.snapshot()));
            }
        }

        /** What every entry means to who can read it; checks what was answered on the way. */
        private LedgerState truth() {
            LedgerState state = new LedgerState(LATEST);
            for (int i = 0; i < log.size(); i++) {
                if (stopped.containsKey(i)) {
                    assertThat(stopped.get(i))
                            .as("seed " + seed + " entry " + i)
                            .isEqualTo(LedgerCodec.encode(state.snapshot()));
                }
                LedgerAnswer answer = state.apply(LedgerCodec.decodeCommand(log.get(i)));
                LedgerAnswer before = answered.get(i);
                assertThat(before == null || before.equals(answer))
                        .as("seed " + seed + " entry " + i + ": " + before + " was answered, " + answer + " applied")
                        .isTrue();
            }
            return state;
        }

        /** A leader has applied all that was there before its term; then it lets in what its ledger takes. */
        private void lead(Voter leader) {
            leader.catchUp(log.size());
            LedgerCommand command = command();
            if (!leader.serves || !leader.takes(command)) {
                return;
            }
            log.add(LedgerCodec.encode(command));
            leader.catchUp(1);
        }

        private LedgerCommand command() {
            if (!asked.isEmpty() && random.nextInt(8) == 0) {
                return asked.get(random.nextInt(asked.size()));
            }
            String id = "r" + asked.size();
            LedgerCommand command = switch (random.nextInt(10)) {
                case 0 -> new LedgerCommand.RaiseLevel(id, 2 + random.nextInt(LATEST));
                case 1, 2 -> new LedgerCommand.AdmitHost(id, "host" + random.nextInt(3), "d", build());
                case 3 -> new LedgerCommand.NameHost(id, "host" + random.nextInt(3), "d");
                case 4 -> new LedgerCommand.ReleaseName(id, "host" + random.nextInt(3));
                case 5 ->
                    new LedgerCommand.SetDesired(
                            id,
                            Samples.VM,
                            Samples.SOUTH,
                            1,
                            DesiredState.values()[random.nextInt(DesiredState.values().length)]);
                default ->
                    Samples.create(id, random.nextBoolean() ? Samples.VM : Samples.OTHER_VM, "vm" + random.nextInt(3));
            };
            asked.add(command);
            return command;
        }

        private final class Voter {
            private int spoken;
            private LedgerState state;
            private int applied;
            private boolean serves = true;
            private byte[] kept = LedgerCodec.encode(new LedgerState().snapshot());
            private int keptAt;

            Voter(int spoken) {
                this.spoken = spoken;
                state = new LedgerState(spoken);
            }

            /** As the leader's look before its log. */
            boolean takes(LedgerCommand command) {
                try {
                    state.checkLevel(command);
                    return true;
                } catch (LedgerFormatException refused) {
                    return false;
                }
            }

            void start(int build) {
                spoken = build;
                load(kept, keptAt);
            }

            private void load(byte[] snapshot, int at) {
                try {
                    state = LedgerState.restore(LedgerCodec.decodeSnapshot(snapshot), spoken);
                    applied = at;
                    serves = true;
                    checkReadable(snapshot);
                } catch (LedgerLevelException above) {
                    refusedStarts++;
                    serves = false;
                }
            }

            void keepSnapshot() {
                if (serves) {
                    kept = LedgerCodec.encode(state.snapshot());
                    keptAt = applied;
                }
            }

            void install(Voter from) {
                if (serves && from.keptAt > applied) {
                    kept = from.kept;
                    keptAt = from.keptAt;
                    load(kept, keptAt);
                }
            }

            void catchUp(int entries) {
                for (int i = 0; i < entries && serves && applied < log.size(); i++) {
                    apply(log.get(applied));
                }
            }

            private void apply(byte[] entry) {
                try {
                    LedgerAnswer answer = state.apply(LedgerCodec.decodeCommand(entry));
                    checkReadable(entry);
                    LedgerAnswer other = answered.putIfAbsent(applied, answer);
                    assertThat(other == null || other.equals(answer))
                            .as("seed " + seed + " entry " + applied + ": " + other + " elsewhere, " + answer + " here")
                            .isTrue();
                    assertThat(state.level()).as("seed " + seed).isLessThanOrEqualTo(spoken);
                    applied++;
                } catch (LedgerLevelException above) {
                    stops++;
                    serves = false;
                    stopped.put(applied, LedgerCodec.encode(state.snapshot()));
                }
            }

            /** What a build reads that knows of no levels is what such a build wrote. */
            private void checkReadable(byte[] bytes) {
                if (spoken == LedgerLevel.FIRST) {
                    assertThat(new String(bytes, UTF_8))
                            .as("seed " + seed)
                            .doesNotContain("admit-host", "raise-level", "\"level\"");
                }
            }
        }
    }
}
