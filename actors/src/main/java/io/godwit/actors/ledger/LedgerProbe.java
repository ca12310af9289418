package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerLevel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Asks how the ledger stands: each voter for itself, so that there is an answer without a leader too, and the leader, if
 * there is one, to read something. No call blocks.
 */
public final class LedgerProbe implements AutoCloseable {
    /** A voter that takes longer counts as out of reach. */
    public static final long VOTER_MS = 1_000;
    /** An election takes about as long; after it there is no quorum. */
    public static final long QUORUM_MS = 2_500;

    /** A voter that was out of reach is seen again soon. */
    private static final long LEAST_AGE_MS = 1_000;
    /** Lines that nobody asked anything over for so long are closed. */
    private static final long IDLE_MS = 60_000;

    private final VoterBook book;
    private final LeaderLine leader;
    private final VoterLines lines;
    private volatile long askedNanos;

    /** @param leader the caller's to close, after this */
    public LedgerProbe(LedgerSettings settings, LeaderLine leader) {
        this.book = leader.book();
        this.leader = leader;
        lines = new VoterLines((generation, voter) -> new VoterLine(
                settings, settings.group(generation, List.of(voter)), voter, VOTER_MS, LEAST_AGE_MS, book::stranger));
    }

    /** Within {@link #QUORUM_MS} at most; never fails. */
    public CompletionStage<LedgerStatus> status() {
        CompletableFuture<Optional<String>> quorum = leader.ask(
                        new VoterMessage.Read(new LedgerRead.Parameters()), "the ledger was not read", QUORUM_MS)
                .handle((read, failure) ->
                        failure == null ? Optional.empty() : Optional.of(String.valueOf(reason(failure))));
        return look().thenCombine(
                        quorum,
                        (states, lost) -> new LedgerStatus(lost.isEmpty(), lost.orElse(""), book.current(), states));
    }

    /** What each voter says of itself, within {@link #VOTER_MS}; never fails. */
    public CompletableFuture<List<LedgerStatus.VoterState>> look() {
        askedNanos = System.nanoTime();
        VoterSet asked = book.current();
        lines.retain(asked);
        List<CompletableFuture<LedgerStatus.VoterState>> states = asked.voters().stream()
                .map(voter -> ask(asked.generation(), voter))
                .toList();
        CompletableFuture.delayedExecutor(IDLE_MS, TimeUnit.MILLISECONDS).execute(this::closeIfIdle);
        return CompletableFuture.allOf(states.toArray(CompletableFuture<?>[]::new))
                .thenCompose(done -> {
                    List<LedgerStatus.VoterState> seen =
                            states.stream().map(CompletableFuture::join).toList();
                    return book.current().isSameAs(asked) ? CompletableFuture.completedFuture(seen) : look();
                });
    }

    private CompletableFuture<LedgerStatus.VoterState> ask(Generation generation, LedgerSettings.Voter voter) {
        return lines.ask(generation, voter, new VoterMessage.AskStatus())
                .thenCompose(answer -> {
                    if (answer instanceof VoterMessage.Status status) {
                        return book.learn(status.voters()).thenApply(learnt -> status.role());
                    }
                    throw new LedgerFormatException("voter " + voter.id() + " answered " + answer);
                })
                .handle((role, failure) -> new LedgerStatus.VoterState(
                        voter, Optional.ofNullable(role), failure == null ? "" : reason(failure)));
    }

    /**
     * Which levels the voters' builds speak, and of which the ledger is at them, within {@link #VOTER_MS} twice. One that
     * says how it stands, and not this, is older than levels are. Never fails.
     */
    public CompletableFuture<LedgerLevels> levels() {
        return look().thenCompose(states -> {
            Generation generation = book.current().generation();
            List<CompletableFuture<Optional<VoterMessage.Level>>> asked =
                    states.stream().map(state -> level(generation, state)).toList();
            return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                    .thenApply(done -> levels(
                            states, asked.stream().map(CompletableFuture::join).toList()));
        });
    }

    /** Empty for one that cannot be asked. */
    private CompletableFuture<Optional<VoterMessage.Level>> level(
            Generation generation, LedgerStatus.VoterState state) {
        return lines.ask(generation, state.voter(), new VoterMessage.AskLevel()).handle((answer, failure) -> {
            if (answer instanceof VoterMessage.Level level) {
                return Optional.of(level);
            }
            return state.isReachable()
                    ? Optional.of(new VoterMessage.Level(LedgerLevel.FIRST, LedgerLevel.FIRST))
                    : Optional.empty();
        });
    }

    private static LedgerLevels levels(
            List<LedgerStatus.VoterState> states, List<Optional<VoterMessage.Level>> answers) {
        Map<String, LedgerLevels.Speaker> voters = new TreeMap<>();
        for (int i = 0; i < states.size(); i++) {
            LedgerStatus.VoterState state = states.get(i);
            voters.put(
                    state.voter().id(),
                    answers.get(i)
                            .map(said -> LedgerLevels.Speaker.of(said.speaks(), ""))
                            .orElseGet(() -> LedgerLevels.Speaker.unknown(state.detail())));
        }
        return new LedgerLevels(
                answers.stream()
                        .flatMap(Optional::stream)
                        .mapToInt(VoterMessage.Level::level)
                        .max(),
                voters);
    }

    /** How far the other voters' copies go, within {@link #VOTER_MS} twice; empty for one that does not answer. Never fails. */
    public CompletableFuture<Map<String, Optional<VoterCopy>>> copies(String self) {
        VoterSet asked = book.current();
        return look().thenCompose(states -> {
            Map<String, CompletableFuture<Optional<VoterCopy>>> copies = new TreeMap<>();
            for (LedgerStatus.VoterState state : states) {
                if (!state.voter().id().equals(self)) {
                    copies.put(state.voter().id(), copy(asked.generation(), state));
                }
            }
            return CompletableFuture.allOf(copies.values().toArray(CompletableFuture<?>[]::new))
                    .thenApply(done -> copies.entrySet().stream()
                            .collect(Collectors.toMap(
                                    Map.Entry::getKey, entry -> entry.getValue().join())));
        });
    }

    /** One that says how it stands, and not how far its copy goes, answers all the same. */
    private CompletableFuture<Optional<VoterCopy>> copy(Generation generation, LedgerStatus.VoterState state) {
        return lines.ask(generation, state.voter(), new VoterMessage.AskCopy()).handle((answer, failure) -> {
            if (answer instanceof VoterMessage.Copy copy) {
                return Optional.of(copy.copy());
            }
            return state.isReachable() ? Optional.of(VoterCopy.NONE) : Optional.empty();
        });
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof TimeoutException
                ? "no answer within " + VOTER_MS + " ms"
                : cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private void closeIfIdle() {
        if (System.nanoTime() - askedNanos >= TimeUnit.MILLISECONDS.toNanos(IDLE_MS)) {
            lines.closeAll();
        }
    }

    @Override
    public void close() {
        lines.close();
    }
}
