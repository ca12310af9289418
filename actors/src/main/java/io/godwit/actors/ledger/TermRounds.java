package io.godwit.actors.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Rounds in which a leader makes sure that a majority has not gone on to a later term: each other voter is asked for its
 * present term. A voter whose term is not past the leader's has not voted for a later one, for it takes up a candidate's
 * term before it votes. That is what a round of heartbeats proves too; Ratis' own (3.3.0) cannot be begun at will, and
 * its reads skip them.
 *
 * <p>A voter has one question to answer at a time, and all that came to wait before it was put share the answer, so the
 * cost is bounded by the rounds and not by who waits. The leader counts itself: whoever asks here looks at its own term after the receipt.
 */
final class TermRounds implements AutoCloseable {
    /** A voter that failed is left alone that long: it must not fill the time of one that answers. */
    private static final long PAUSE_MS = 500;

    /** Who votes at present, and how to ask. */
    interface Electorate {
        /** By the last configuration in this voter's log: two majorities while one set of voters replaces another. */
        List<Majority> majorities();

        /** The present term of that voter. */
        CompletableFuture<Long> term(String voterId);
    }

    /** @param needed so many of these other voters make a majority, with this voter if it is one */
    record Majority(Set<String> others, int needed) {
        /** Of voters that may include this one. */
        static Majority of(Set<String> voters, String self) {
            Set<String> others = new HashSet<>(voters);
            boolean votes = others.remove(self);
            return new Majority(others, voters.size() / 2 + (votes ? 0 : 1));
        }

        private boolean isIn(Set<String> acknowledged) {
            return others.stream().filter(acknowledged::contains).count() >= needed;
        }
    }

    private static final class Peer {
        private boolean asked;
        private long pausedUntilNanos = System.nanoTime();
    }

    private record Waiting(
            long round,
            long term,
            List<Majority> majorities,
            Set<String> acknowledged,
            CompletableFuture<Boolean> confirmed) {
        boolean counts(String voterId) {
            return majorities.stream().anyMatch(majority -> majority.others().contains(voterId));
        }

        boolean wants(String voterId) {
            return !acknowledged.contains(voterId) && counts(voterId);
        }
    }

    private final Electorate electorate;
    private final long timeoutMs;
    private final Map<String, Peer> peers = new HashMap<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private long round;
    private boolean closed;

    /** @param timeoutMs how long a confirmation may take */
    TermRounds(Electorate electorate, long timeoutMs) {
        this.electorate = electorate;
        this.timeoutMs = timeoutMs;
    }

    /**
     * Whether a majority, this voter included, was at or below that term in a round begun after this call: of the voters
     * at the time of the call, for a leader of a later term has got the votes of a majority of these, whatever voters it
     * was elected by.
     */
    CompletableFuture<Boolean> confirm(long term) {
        CompletableFuture<Boolean> confirmed = new CompletableFuture<>();
        List<Majority> majorities = electorate.majorities();
        if (majorities.stream().allMatch(majority -> majority.isIn(Set.of()))) {
            confirmed.complete(true);
            return confirmed;
        }
        synchronized (this) {
            if (closed) {
                confirmed.complete(false);
                return confirmed;
            }
            round++;
            waiting.add(new Waiting(round, term, majorities, new HashSet<>(), confirmed));
        }
        majorities.stream()
                .flatMap(majority -> majority.others().stream())
                .distinct()
                .forEach(this::askIfIdle);
        return confirmed.completeOnTimeout(false, timeoutMs, TimeUnit.MILLISECONDS);
    }

    private void askIfIdle(String voterId) {
        long asking;
        synchronized (this) {
            waiting.removeIf(one -> one.confirmed().isDone());
            Peer peer = peers.computeIfAbsent(voterId, id -> new Peer());
            boolean wanted = waiting.stream().anyMatch(one -> one.wants(voterId));
            if (!wanted || peer.asked || System.nanoTime() - peer.pausedUntilNanos < 0) {
                return;
            }
            peer.asked = true;
            asking = round;
        }
        CompletableFuture<Void> unused = electorate.term(voterId).handle((term, failure) -> {
            answered(voterId, asking, failure == null ? term : null);
            return null;
        });
    }

    /** @param term null for no answer */
    private void answered(String voterId, long asked, @Nullable Long term) {
        List<Waiting> decided = new ArrayList<>();
        synchronized (this) {
            Peer peer = peers.computeIfAbsent(voterId, id -> new Peer());
            peer.asked = false;
            if (term == null) {
                peer.pausedUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
                return;
            }
            for (Waiting one : waiting) {
                if (one.round() <= asked && one.counts(voterId) && (term > one.term() || acknowledges(voterId, one))) {
                    decided.add(one);
                }
            }
            waiting.removeAll(decided);
        }
        decided.forEach(one -> one.confirmed().complete(term <= one.term()));
        askIfIdle(voterId);
    }

    private static boolean acknowledges(String voterId, Waiting one) {
        one.acknowledged().add(voterId);
        return one.majorities().stream().allMatch(majority -> majority.isIn(one.acknowledged()));
    }

    /** What waits is not confirmed. */
    @Override
    public void close() {
        List<Waiting> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(waiting);
            waiting.clear();
        }
        left.forEach(one -> one.confirmed().complete(false));
    }
}
