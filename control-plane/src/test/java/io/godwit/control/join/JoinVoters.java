package io.godwit.control.join;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The ledger's voters as far as joining knows them: terms, who leads and who thinks so, and rounds. */
final class JoinVoters {
    /** Of a voter, {@code term} and {@code votes} on its disk, the rest gone with its process. */
    private static final class Voter {
        private long term;
        private long ledTerm = -1;
        private long readyMs = -1;
        private boolean first;
        private JoinArbiter arbiter;
    }

    private final JoinWorld world;
    private final JoinMutant mutant;
    private final List<Voter> voters = new ArrayList<>();
    private boolean everReady;

    JoinVoters(JoinWorld world, int count, JoinMutant mutant) {
        this.world = world;
        this.mutant = mutant;
        for (int i = 0; i < count; i++) {
            voters.add(new Voter());
            restarted(i);
        }
    }

    int size() {
        return voters.size();
    }

    boolean isVoter(int host) {
        return host < voters.size();
    }

    void restarted(int id) {
        Voter voter = voters.get(id);
        voter.ledTerm = -1;
        voter.arbiter = new JoinArbiter(
                mutant == JoinMutant.LEADER_WAITS_HALF_THE_GRANT ? JoinWorld.halfTheGrant() : JoinTimes.DEFAULT);
    }

    /** A voter stands for election, as after a silence of the leader's; it wins where a majority can hear it. */
    void elect(int candidate) {
        long term = voters.stream().mapToLong(voter -> voter.term).max().orElse(0) + 1;
        List<Integer> votes = new ArrayList<>();
        for (int id = 0; id < voters.size(); id++) {
            if (id == candidate || (world.isAwake(id) && !world.lost(candidate, id) && !world.lost(id, candidate))) {
                votes.add(id);
            }
        }
        if (2 * votes.size() <= voters.size()) {
            return;
        }
        votes.forEach(id -> voters.get(id).term = term);
        Voter leader = voters.get(candidate);
        leader.ledTerm = term;
        leader.readyMs = -1;
        world.trace("voter " + candidate + " is elected in term " + term);
        world.at(candidate, world.delayMs(), () -> commit(candidate, term));
    }

    /** Whoever takes itself for the leader tells the others its term. */
    void heartbeats() {
        for (int id = 0; id < voters.size(); id++) {
            long term = voters.get(id).ledTerm;
            for (int other = 0; term >= 0 && world.isAwake(id) && other < voters.size(); other++) {
                Voter told = voters.get(other);
                world.send(id, other, () -> {
                    told.term = Math.max(told.term, term);
                    if (told.ledTerm < term) {
                        told.ledTerm = -1;
                    }
                });
            }
        }
    }

    /** The first entry of its term, with which it is ready. */
    private void commit(int id, long term) {
        Voter leader = voters.get(id);
        round(id, term, () -> {
            if (leader.ledTerm == term && leader.readyMs < 0) {
                leader.readyMs = world.clockMs(id);
                leader.first = !everReady;
                everReady = true;
                world.trace("voter " + id + " is ready in term " + term + (leader.first ? ", the first" : ""));
            }
        });
        world.at(id, 500, () -> {
            if (leader.ledTerm == term && leader.readyMs < 0 && leader.term == term) {
                commit(id, term);
            }
        });
    }

    /** Somebody who would answer: not always the last who was elected. */
    Optional<Integer> leader() {
        List<Integer> leading = new ArrayList<>();
        for (int id = 0; id < voters.size(); id++) {
            if (world.isAlive(id) && voters.get(id).ledTerm >= 0) {
                leading.add(id);
            }
        }
        return leading.isEmpty() ? Optional.empty() : Optional.of(leading.get(world.upTo(leading.size())));
    }

    boolean hasWorkingLeader() {
        long last = voters.stream().mapToLong(voter -> voter.term).max().orElse(0);
        for (int id = 0; id < voters.size(); id++) {
            Voter voter = voters.get(id);
            if (world.isAwake(id) && voter.ledTerm == last && voter.readyMs >= 0) {
                return true;
            }
        }
        return false;
    }

    void answer(int id, JoinQuestion question, Consumer<JoinAnswer> answer) {
        Voter voter = voters.get(id);
        long term = voter.ledTerm;
        if (term < 0 || voter.readyMs < 0) {
            return;
        }
        Runnable decide = () -> {
            if (voter.ledTerm == term) {
                boolean first = voter.first || mutant == JoinMutant.NEW_LEADER_DOES_NOT_WAIT;
                if (mutant == JoinMutant.LEADER_FORGETS_THE_GRANTEE) {
                    voter.arbiter = new JoinArbiter(JoinTimes.DEFAULT);
                }
                voter.arbiter
                        .answer(new JoinArbiter.Led(term, voter.readyMs, first), question, world.clockMs(id))
                        .ifPresent(answer);
            }
        };
        if (mutant == JoinMutant.GRANT_WITHOUT_ROUND) {
            decide.run();
        } else {
            round(id, term, decide);
        }
    }

    /** Asks the other voters for their terms; {@code confirmed} runs once a majority, this one included, is not past it. */
    private void round(int id, long term, Runnable confirmed) {
        int[] acknowledged = {1};
        int needed = voters.size() / 2 + 1;
        if (needed == 1) {
            confirmed.run();
            return;
        }
        for (int other = 0; other < voters.size(); other++) {
            int asked = other;
            if (other != id) {
                world.send(id, asked, () -> {
                    long said = voters.get(asked).term;
                    world.send(asked, id, () -> {
                        Voter self = voters.get(id);
                        self.term = Math.max(self.term, said);
                        if (said > term && self.ledTerm == term) {
                            self.ledTerm = -1;
                        } else if (said <= term && ++acknowledged[0] == needed) {
                            confirmed.run();
                        }
                    });
                });
            }
        }
    }
}
