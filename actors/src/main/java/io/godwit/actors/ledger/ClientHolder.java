package io.godwit.actors.ledger;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * A Raft client that is replaced when it fails a request or lets it time out. Ordered requests queue behind the one that
 * is stuck, and once one has failed for good the client refuses every later one: what is wrong goes with the client.
 * Sending may block and happens on a thread of its own; a client closes on {@link ClosingClients}'.
 */
final class ClientHolder implements AutoCloseable {
    private static final TimeDuration RETRY = TimeDuration.valueOf(100, TimeUnit.MILLISECONDS);

    /** As {@code leastAgeMs} of a client whose other side was heard of. */
    private static final long LEAST_AGE_HEARD_MS = 1_000;

    private final long leastAgeMs;
    private final Supplier<RaftClient> opening;
    private final Consumer<RaftClient> stuck;
    private final BiFunction<RaftClient, Message, CompletableFuture<RaftClientReply>> sending;
    private final ExecutorService sender;
    private volatile @Nullable RaftClient client;
    private volatile long openedNanos;
    /** Whether the present client failed a request. */
    private volatile boolean failed;

    /**
     * @param threads names this holder's thread
     * @param leastAgeMs a younger client is not replaced, so that clients are not opened faster than they close, unless
     *     its other side is {@link #heard}
     * @param stuck is told of a client that is about to be replaced
     */
    ClientHolder(
            String threads,
            long leastAgeMs,
            Supplier<RaftClient> opening,
            Consumer<RaftClient> stuck,
            BiFunction<RaftClient, Message, CompletableFuture<RaftClientReply>> sending) {
        this.leastAgeMs = leastAgeMs;
        this.opening = opening;
        this.stuck = stuck;
        this.sending = sending;
        this.sender = Daemons.one(threads + "-client");
    }

    /**
     * For commands, in the order in which they are sent. A client keeps to the voter it began with for as long as that is
     * silent: the next one begins with another.
     */
    static ClientHolder ordered(LedgerSettings settings, int outstandingMax, LeaderLine leader) {
        return new ClientHolder(
                "godwit-ledger",
                0,
                () -> RaftClient.newBuilder()
                        .setProperties(RaftTuning.client(settings.timeouts().requestMs(), outstandingMax))
                        .setParameters(RaftTls.parameters(settings.tls()))
                        .setRaftGroup(group(settings, leader.voters()))
                        .setLeaderId(RaftPeerId.valueOf(leader.hint()))
                        .setRetryPolicy(RetryPolicies.retryForeverWithSleep(RETRY))
                        .build(),
                client -> leader.doubt(String.valueOf(client.getLeaderId())),
                (client, message) -> client.async().send(message));
    }

    private static RaftGroup group(LedgerSettings settings, VoterSet voters) {
        return settings.group(voters.generation(), voters.voters());
    }

    /** The reply, or a failure after {@code timeoutMs} at the latest. */
    CompletableFuture<RaftClientReply> send(Message message, long timeoutMs) {
        CompletableFuture<RaftClientReply> reply = new CompletableFuture<>();
        RaftClient[] used = new RaftClient[1];
        execute(reply, () -> {
            if (!reply.isDone()) {
                RaftClient current = open();
                used[0] = current;
                forward(sending.apply(current, message), reply);
            }
        });
        return reply.orTimeout(timeoutMs, TimeUnit.MILLISECONDS).whenComplete((value, failure) -> {
            if (failure != null && !(rootOf(failure) instanceof StateMachineException)) {
                execute(reply, () -> discard(used[0]));
            }
        });
    }

    private static Throwable rootOf(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static void forward(CompletionStage<RaftClientReply> from, CompletableFuture<RaftClientReply> to) {
        CompletionStage<?> unused = from.whenComplete((value, failure) -> {
            if (failure != null) {
                to.completeExceptionally(failure);
            } else {
                to.complete(value);
            }
        });
    }

    /** The other side is there again: what failed since it went away need not grow old first. Cheap where nothing failed. */
    void heard() {
        if (failed) {
            execute(new CompletableFuture<>(), () -> {
                if (failed) {
                    replace(Math.min(leastAgeMs, LEAST_AGE_HEARD_MS));
                }
            });
        }
    }

    Optional<String> leaderId() {
        RaftClient current = client;
        RaftPeerId leader = current == null ? null : current.getLeaderId();
        return leader == null ? Optional.empty() : Optional.of(leader.toString());
    }

    private void execute(CompletableFuture<?> failing, Runnable task) {
        try {
            sender.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    failing.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            failing.completeExceptionally(new AlreadyClosedException("the ledger's client is closed", e));
        }
    }

    private RaftClient open() {
        RaftClient current = client;
        if (current == null) {
            current = opening.get();
            openedNanos = System.nanoTime();
            failed = false;
            client = current;
        }
        return current;
    }

    private void discard(@Nullable RaftClient broken) {
        if (broken != null && broken == client) {
            failed = true;
            replace(leastAgeMs);
        }
    }

    private void replace(long leastMs) {
        RaftClient broken = client;
        long ageMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - openedNanos);
        if (broken != null && ageMs >= leastMs) {
            client = null;
            failed = false;
            stuck.accept(broken);
            ClosingClients.close(broken);
        }
    }

    /** No request is taken from now on, and none answered soon after. */
    @Override
    public void close() {
        if (sender.isShutdown()) {
            return;
        }
        sender.execute(() -> {
            RaftClient current = client;
            client = null;
            if (current != null) {
                ClosingClients.close(current);
            }
        });
        sender.shutdown();
    }
}
