package io.godwit.actors.ledger;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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

    private static final class Peer {
        private final Supplier<CompletableFuture<Long>> question;
        private boolean asked;
        private long pausedUntilNanos = System.nanoTime();

        Peer(Supplier<CompletableFuture<Long>> question) {
            this.question = question;
        }
    }

    private record Waiting(long round, long term, Set<Peer> acknowledged, CompletableFuture<Boolean> confirmed) {}

    private final List<Peer> peers;
    private final int needed;
    private final long timeoutMs;
    private final List<Waiting> waiting = new ArrayList<>();
    private long round;
    private boolean closed;

    /**
     * @param others how to ask each of the other voters for its term
     * @param timeoutMs how long a confirmation may take
     */
    TermRounds(List<Supplier<CompletableFuture<Long>>> others, long timeoutMs) {
        this.peers = others.stream().map(Peer::new).toList();
        this.needed = (others.size() + 1) / 2;
        this.timeoutMs = timeoutMs;
    }

    /** Whether a majority, this voter included, was at or below that term in a round begun after this call. */
    CompletableFuture<Boolean> confirm(long term) {
        CompletableFuture<Boolean> confirmed = new CompletableFuture<>();
        if (needed == 0) {
            confirmed.complete(true);
            return confirmed;
        }
        synchronized (this) {
            if (closed) {
                confirmed.complete(false);
                return confirmed;
            }
            round++;
            waiting.add(new Waiting(round, term, new HashSet<>(), confirmed));
        }
        peers.forEach(this::askIfIdle);
        return confirmed.completeOnTimeout(false, timeoutMs, TimeUnit.MILLISECONDS);
    }

    private void askIfIdle(Peer peer) {
        long asking;
        synchronized (this) {
            waiting.removeIf(one -> one.confirmed().isDone());
            boolean wanted =
                    waiting.stream().anyMatch(one -> !one.acknowledged().contains(peer));
            if (!wanted || peer.asked || System.nanoTime() - peer.pausedUntilNanos < 0) {
                return;
            }
            peer.asked = true;
            asking = round;
        }
        CompletableFuture<Void> unused = peer.question.get().handle((term, failure) -> {
            answered(peer, asking, failure == null ? term : null);
            return null;
        });
    }

    /** @param term null for no answer */
    private void answered(Peer peer, long asked, @Nullable Long term) {
        List<Waiting> decided = new ArrayList<>();
        synchronized (this) {
            peer.asked = false;
            if (term == null) {
                peer.pausedUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
                return;
            }
            for (Waiting one : waiting) {
                if (one.round() <= asked && (term > one.term() || acknowledges(peer, one))) {
                    decided.add(one);
                }
            }
            waiting.removeAll(decided);
        }
        decided.forEach(one -> one.confirmed().complete(term <= one.term()));
        askIfIdle(peer);
    }

    private boolean acknowledges(Peer peer, Waiting one) {
        one.acknowledged().add(peer);
        return one.acknowledged().size() >= needed;
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
