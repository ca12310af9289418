package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.permit.PermitTimes;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    private final List<String> ids;
    private final Map<String, VoterLine> lines = new LinkedHashMap<>();
    private final AtomicLong attempts = new AtomicLong();
    private final Map<Long, CompletableFuture<VoterMessage>> outstanding = new ConcurrentHashMap<>();
    private volatile String preferred;
    private volatile boolean closed;

    public LeaderLine(LedgerSettings settings, PermitTimes times) {
        RatisInJvm.prepare();
        long attemptMs = times.permitMs() / ATTEMPTS_PER_PERMIT;
        for (LedgerSettings.Voter voter : settings.voters()) {
            lines.put(voter.id(), new VoterLine(settings, voter, attemptMs));
        }
        ids = List.copyOf(lines.keySet());
        preferred = ids.get(0);
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
            CompletableFuture<Void> unused = Objects.requireNonNull(lines.get(id))
                    .ask(question)
                    .handle((reply, failure) -> {
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
            String next = lines.containsKey(leader) && !leader.equals(id) ? leader : after(id);
            if (preferred.equals(id)) {
                preferred = next;
            }
            if (!asked.contains(next)) {
                ask(next);
            } else if (asked.size() < ids.size()) {
                ids.stream().filter(other -> !asked.contains(other)).findFirst().ifPresent(this::ask);
            } else {
                asked.clear();
                LATER.execute(() -> ask(preferred));
            }
        }
    }

    /** The voter that is asked first; it may not lead. */
    String hint() {
        return preferred;
    }

    /** That voter kept somebody waiting: another is asked first, until one says who leads. */
    void doubt(String id) {
        if (preferred.equals(id)) {
            preferred = after(id);
        }
    }

    private String after(String id) {
        return ids.get((ids.indexOf(id) + 1) % ids.size());
    }

    /** Fails what is outstanding. */
    @Override
    public void close() {
        closed = true;
        outstanding.values().forEach(answer -> answer.completeExceptionally(closedLine()));
        lines.values().forEach(VoterLine::close);
    }
}
