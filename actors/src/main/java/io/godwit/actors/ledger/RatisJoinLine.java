package io.godwit.actors.ledger;

import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.jspecify.annotations.Nullable;

/**
 * {@link JoinLine} over Ratis, by lines of its own: a voter of an earlier build cannot read the question, and fails the
 * connection over which it came, which permits and commands must not share.
 */
public final class RatisJoinLine implements JoinLine, AutoCloseable {
    private static final long QUESTION_MS = 2_000;
    /** Of one voter. */
    private static final long ATTEMPT_MS = 900;
    /** Of a connection that failed. */
    private static final long LEAST_AGE_MS = 1_000;

    private final VoterBook book;
    private final LeaderLine leader;
    private final VoterLines lines;

    /** @param leader knows whom to ask first; the caller's to close, after this */
    public RatisJoinLine(LedgerSettings settings, LeaderLine leader) {
        this.book = leader.book();
        this.leader = leader;
        lines = new VoterLines((generation, voter) -> new VoterLine(
                settings, settings.group(generation, List.of(voter)), voter, ATTEMPT_MS, LEAST_AGE_MS, book::stranger));
    }

    @Override
    public CompletionStage<JoinAnswer> ask(JoinQuestion question) {
        VoterSet voters = book.current();
        lines.retain(voters);
        CompletableFuture<JoinAnswer> answer = new CompletableFuture<>();
        new Attempt(voters, new VoterMessage.AskJoin(question), answer).ask(leader.hint());
        return answer.orTimeout(QUESTION_MS, TimeUnit.MILLISECONDS).exceptionally(failure -> {
            String why = failure instanceof TimeoutException
                    ? "no leader answered within " + QUESTION_MS + " ms"
                    : String.valueOf(failure.getMessage());
            throw new LedgerUnavailableException("the ledger was not asked how to join: " + why, failure);
        });
    }

    /** One question on its way round the voters. */
    private final class Attempt {
        private final VoterSet voters;
        private final VoterMessage question;
        private final CompletableFuture<JoinAnswer> answer;
        private final Set<String> asked = new HashSet<>();

        Attempt(VoterSet voters, VoterMessage question, CompletableFuture<JoinAnswer> answer) {
            this.voters = voters;
            this.question = question;
            this.answer = answer;
        }

        void ask(String id) {
            Optional<LedgerSettings.Voter> voter = voters.voter(id);
            if (answer.isDone()) {
                return;
            } else if (voter.isEmpty()) {
                askNext("");
                return;
            }
            boolean again = !asked.add(id);
            CompletableFuture<Void> unused = lines.ask(voters.generation(), voter.get(), question)
                    .handle((reply, failure) -> {
                        if (isUnread(failure)) {
                            askWhetherItLeads(voter.get());
                        } else if (!again && rootOf(failure) instanceof AlreadyClosedException) {
                            // The line had failed before, and is laid anew now.
                            ask(id);
                        } else if (reply instanceof VoterMessage.Joining joining) {
                            answer.complete(joining.answer());
                        } else {
                            askNext(reply instanceof VoterMessage.NotLeading not ? not.leaderId() : "");
                        }
                        return null;
                    });
        }

        private void askNext(String leaderId) {
            Optional<String> next = voters.ids().stream()
                    .filter(id -> !asked.contains(id))
                    .reduce((one, other) -> other.equals(leaderId) ? other : one);
            if (next.isPresent()) {
                ask(next.get());
            } else {
                answer.completeExceptionally(new LedgerUnavailableException("none of the voters leads", null));
            }
        }

        /** By a question that it can read, over the line that is made for such. */
        private void askWhetherItLeads(LedgerSettings.Voter voter) {
            CompletableFuture<Void> unused = leader.askVoter(
                            voter.id(), new VoterMessage.Read(new LedgerRead.Parameters()))
                    .handle((reply, failure) -> {
                        if (reply instanceof VoterMessage.Answer) {
                            answer.complete(new JoinAnswer.NotUnderstood());
                        } else {
                            askNext(reply instanceof VoterMessage.NotLeading not ? not.leaderId() : "");
                        }
                        return null;
                    });
        }
    }

    /** Of this question: over a line that failed before, Ratis says so with that failure as the cause. */
    private static boolean isUnread(@Nullable Throwable failure) {
        return rootOf(failure) instanceof IOException refused && refused.getCause() instanceof LedgerFormatException;
    }

    private static @Nullable Throwable rootOf(@Nullable Throwable failure) {
        Throwable root = failure;
        while (root instanceof CompletionException && root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    @Override
    public void close() {
        lines.close();
    }
}
