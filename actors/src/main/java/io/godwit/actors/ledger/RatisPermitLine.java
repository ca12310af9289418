package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * {@link PermitLine} over Ratis: a connection to each voter, of which one is asked at a time, the last that granted
 * first. A voter that does not lead says who does; one that is silent costs a part of the time that a renewal has, once.
 */
public final class RatisPermitLine implements PermitLine {
    /** A renewal that takes half a permit is not worth more waiting: three later ones are under way. */
    private static final int RENEWALS_PER_PERMIT = 2;

    private static final int ATTEMPTS_PER_PERMIT = 6;
    /** Between one round of all voters and the next while none leads. */
    private static final Executor LATER = CompletableFuture.delayedExecutor(250, TimeUnit.MILLISECONDS);

    private final List<String> ids;
    private final Map<String, VoterLine> lines = new LinkedHashMap<>();
    private final long timeoutMs;
    private final AtomicLong attempts = new AtomicLong();
    private final Map<Long, CompletableFuture<Optional<Grant>>> outstanding = new ConcurrentHashMap<>();
    private volatile String preferred;
    private volatile boolean closed;

    public RatisPermitLine(LedgerSettings settings, PermitTimes times) {
        RatisInJvm.prepare();
        timeoutMs = times.permitMs() / RENEWALS_PER_PERMIT;
        long attemptMs = times.permitMs() / ATTEMPTS_PER_PERMIT;
        for (LedgerSettings.Voter voter : settings.voters()) {
            lines.put(voter.id(), new VoterLine(settings, voter, attemptMs));
        }
        ids = List.copyOf(lines.keySet());
        preferred = ids.get(0);
    }

    @Override
    public CompletionStage<Optional<Grant>> renew(Renewal renewal) {
        CompletableFuture<Optional<Grant>> answer = new CompletableFuture<>();
        long attempt = attempts.incrementAndGet();
        outstanding.put(attempt, answer);
        if (closed) {
            answer.completeExceptionally(unavailable("its line is closed", null));
        } else {
            new Attempt(new PermitMessage.Renew(renewal), answer).ask(preferred);
        }
        return answer.orTimeout(timeoutMs, TimeUnit.MILLISECONDS).handle((grant, failure) -> {
            outstanding.remove(attempt);
            if (failure instanceof TimeoutException) {
                throw unavailable("no leader answered within " + timeoutMs + " ms", failure);
            } else if (failure != null) {
                throw unavailable(String.valueOf(failure.getMessage()), failure);
            }
            return grant;
        });
    }

    private static LedgerUnavailableException unavailable(String why, @Nullable Throwable cause) {
        return new LedgerUnavailableException("the permit was not renewed: " + why, cause);
    }

    /** One renewal on its way round the voters. */
    private final class Attempt {
        private final PermitMessage.Renew question;
        private final CompletableFuture<Optional<Grant>> answer;
        private final Set<String> asked = new HashSet<>();

        Attempt(PermitMessage.Renew question, CompletableFuture<Optional<Grant>> answer) {
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
                        onReply(id, failure == null ? reply : new PermitMessage.NotLeading(""));
                        return null;
                    });
        }

        private void onReply(String id, PermitMessage reply) {
            if (reply instanceof PermitMessage.Granted granted) {
                preferred = id;
                answer.complete(Optional.of(granted.grant()));
            } else if (reply instanceof PermitMessage.NotGranted) {
                preferred = id;
                answer.complete(Optional.empty());
            } else {
                String leader = reply instanceof PermitMessage.NotLeading not ? not.leaderId() : "";
                askNext(id, leader);
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

    private String after(String id) {
        return ids.get((ids.indexOf(id) + 1) % ids.size());
    }

    @Override
    public void close() {
        closed = true;
        outstanding.values().forEach(answer -> answer.completeExceptionally(unavailable("its line is closed", null)));
        lines.values().forEach(VoterLine::close);
    }
}
