package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.permit.PermitTimes;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A host's line to the ledger's leader, whichever voter that is, for what is asked beside the log. A question goes to the
 * voter that answered last, and from one that does not lead to whom it names, until its time is up. No call blocks.
 */
public final class LeaderLine implements AutoCloseable {
    /** Of the voters' answers to renewals: one that takes longer is not waited for. */
    private static final int ATTEMPTS_PER_PERMIT = 6;
    /** Between one round of all voters and the next while none leads. */
    private static final Executor LATER = CompletableFuture.delayedExecutor(250, TimeUnit.MILLISECONDS);

    private final LedgerSettings settings;
    private final VoterBook book;
    private final long attemptMs;
    private final AtomicBoolean learning = new AtomicBoolean();
    private final AtomicLong attempts = new AtomicLong();
    private final Map<Long, CompletableFuture<VoterMessage>> outstanding = new ConcurrentHashMap<>();
    private volatile Known known;
    private volatile String preferred;
    private volatile boolean closed;

    /** The voters and a line to each, in their order. */
    private record Known(VoterSet voters, List<String> ids, Map<LedgerSettings.Voter, VoterLine> lines) {
        Optional<VoterLine> line(String id) {
            return voters.voter(id).map(lines::get);
        }

        /** The next in turn; the first where that one votes no more. */
        String after(String id) {
            return ids.get((ids.indexOf(id) + 1) % ids.size());
        }
    }

    /** To the voters of the configuration file. */
    public LeaderLine(LedgerSettings settings, PermitTimes times) {
        this(settings, VoterBook.inMemory(settings), times);
    }

    /** @param book is followed when the voters change, and told where a voter knows of others; the caller's to close */
    public LeaderLine(LedgerSettings settings, VoterBook book, PermitTimes times) {
        this.settings = settings;
        this.book = book;
        attemptMs = times.permitMs() / ATTEMPTS_PER_PERMIT;
        known = lines(book.current(), Map.of());
        preferred = known.ids().get(0);
        book.onChange(this::follow);
        follow(book.current());
    }

    private Known lines(VoterSet voters, Map<LedgerSettings.Voter, VoterLine> before) {
        Map<LedgerSettings.Voter, VoterLine> lines = new LinkedHashMap<>();
        for (LedgerSettings.Voter voter : voters.voters()) {
            VoterLine line = before.get(voter);
            lines.put(
                    voter,
                    line == null
                            ? new VoterLine(settings, voters.generation(), voter, attemptMs, book::stranger)
                            : line);
        }
        return new Known(voters, voters.ids(), Collections.unmodifiableMap(lines));
    }

    private synchronized void follow(VoterSet voters) {
        if (closed) {
            return;
        }
        Map<LedgerSettings.Voter, VoterLine> before = known.lines();
        boolean sameGeneration = voters.generation().equals(known.voters().generation());
        known = lines(voters, sameGeneration ? before : Map.of());
        before.forEach((voter, line) -> {
            if (known.lines().get(voter) != line) {
                line.close();
            }
        });
    }

    /** Who votes, as this line has it. */
    VoterSet voters() {
        return known.voters();
    }

    VoterBook book() {
        return book;
    }

    /**
     * The leader's answer, never {@link VoterMessage.NotLeading}.
     *
     * @param what fails where there is none, with a {@link LedgerUnavailableException}: "the permit was not renewed"
     */
    CompletableFuture<VoterMessage> ask(VoterMessage question, String what, long timeoutMs) {
        CompletableFuture<VoterMessage> answer = new CompletableFuture<>();
        long attempt = attempts.incrementAndGet();
        outstanding.put(attempt, answer);
        if (closed) {
            answer.completeExceptionally(closedLine());
        } else {
            new Attempt(question, answer).ask(preferred);
        }
        return answer.orTimeout(timeoutMs, TimeUnit.MILLISECONDS).handle((reply, failure) -> {
            outstanding.remove(attempt);
            if (failure instanceof TimeoutException) {
                throw unavailable(what, "no leader answered within " + timeoutMs + " ms", failure);
            } else if (failure != null) {
                throw unavailable(what, String.valueOf(failure.getMessage()), failure);
            }
            return reply;
        });
    }

    private static LedgerUnavailableException closedLine() {
        return new LedgerUnavailableException("its line is closed", null);
    }

    private static LedgerUnavailableException unavailable(String what, String why, @Nullable Throwable cause) {
        return new LedgerUnavailableException(what + ": " + why, cause);
    }

    /** One question on its way round the voters. */
    private final class Attempt {
        private final VoterMessage question;
        private final CompletableFuture<VoterMessage> answer;
        private final Set<String> asked = new HashSet<>();

        Attempt(VoterMessage question, CompletableFuture<VoterMessage> answer) {
            this.question = question;
            this.answer = answer;
        }

        void ask(String id) {
            if (answer.isDone()) {
                return;
            }
            asked.add(id);
            Optional<VoterLine> line = known.line(id);
            if (line.isEmpty()) {
                askNext(id, "");
                return;
            }
            CompletableFuture<Void> unused = line.get().ask(question).handle((reply, failure) -> {
                onReply(id, failure == null ? reply : new VoterMessage.NotLeading(""));
                return null;
            });
        }

        private void onReply(String id, VoterMessage reply) {
            if (reply instanceof VoterMessage.NotLeading not) {
                askNext(id, not.leaderId());
            } else {
                preferred = id;
                answer.complete(reply);
            }
        }

        private void askNext(String id, String leader) {
            Known now = known;
            String next = now.after(id);
            Optional<VoterLine> named = leader.equals(id) ? Optional.empty() : now.line(leader);
            if (named.isPresent()) {
                next = leader;
                named.get().heardOf();
            } else if (!leader.isEmpty() && !leader.equals(id)) {
                now.line(id).ifPresent(LeaderLine.this::learnFrom);
            }
            if (preferred.equals(id)) {
                preferred = next;
            }
            if (!asked.contains(next)) {
                ask(next);
                return;
            }
            Optional<String> left =
                    now.ids().stream().filter(other -> !asked.contains(other)).findFirst();
            if (left.isPresent()) {
                ask(left.get());
            } else {
                asked.clear();
                LATER.execute(() -> ask(preferred));
            }
        }
    }

    /** It names a leader that is no voter here: the voters changed while this host was away. */
    private void learnFrom(VoterLine line) {
        if (learning.compareAndSet(false, true)) {
            CompletableFuture<Void> unused = line.ask(new VoterMessage.AskStatus())
                    .thenCompose(answer -> answer instanceof VoterMessage.Status status
                            ? book.learn(status.voters())
                            : CompletableFuture.completedFuture(null))
                    .handle((learnt, failure) -> {
                        learning.set(false);
                        return null;
                    });
        }
    }

    /** That voter's own answer, whether it leads or not; fails where it is none or does not answer. */
    CompletableFuture<VoterMessage> askVoter(String id, VoterMessage question) {
        return known.line(id)
                .map(line -> line.ask(question))
                .orElseGet(() -> CompletableFuture.failedFuture(
                        new LedgerUnavailableException("host " + id + " is none of the ledger's voters", null)));
    }

    /** The voter that is asked first; it may not lead. */
    String hint() {
        String first = preferred;
        Known now = known;
        return now.line(first).isPresent() ? first : now.ids().get(0);
    }

    /** That voter kept somebody waiting: another is asked first, until one says who leads. */
    void doubt(String id) {
        if (preferred.equals(id)) {
            preferred = known.after(id);
        }
    }

    /** Fails what is outstanding. */
    @Override
    public void close() {
        Known last;
        synchronized (this) {
            closed = true;
            last = known;
        }
        outstanding.values().forEach(answer -> answer.completeExceptionally(closedLine()));
        last.lines().values().forEach(VoterLine::close);
    }
}
