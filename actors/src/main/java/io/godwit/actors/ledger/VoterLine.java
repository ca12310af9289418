package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * A connection to one voter for {@link VoterMessage}s. They travel as Ratis' stale reads (3.3.0), which the voter that
 * is named answers by itself: they wait for no log, no disk and none of the commands, but for each other where they share a line.
 */
final class VoterLine implements AutoCloseable {
    /** Below any index, so that a voter answers whatever it has of the log. */
    private static final long ANY_INDEX = -1;

    /**
     * gRPC lays a line anew by itself, ever more seldom, and a client that failed one request fails all; it is replaced so
     * seldom that closing keeps up, but for when its voter is heard of.
     */
    private static final long LEAST_AGE_MS = 10_000;

    private static final int MAX_OUTSTANDING = 64;

    private final LedgerSettings.Voter voter;
    private final long timeoutMs;
    private final Consumer<LedgerSettings.Voter> stranger;
    private final ClientHolder clients;

    VoterLine(
            LedgerSettings settings,
            Generation generation,
            LedgerSettings.Voter voter,
            long timeoutMs,
            Consumer<LedgerSettings.Voter> stranger) {
        this(settings, settings.group(generation, List.of(voter)), voter, timeoutMs, LEAST_AGE_MS, stranger);
    }

    /**
     * @param group of that voter alone
     * @param leastAgeMs how soon a connection that failed is laid anew
     * @param stranger is told where somebody answers that is not in that group
     */
    VoterLine(
            LedgerSettings settings,
            RaftGroup group,
            LedgerSettings.Voter voter,
            long timeoutMs,
            long leastAgeMs,
            Consumer<LedgerSettings.Voter> stranger) {
        this.voter = voter;
        this.timeoutMs = timeoutMs;
        this.stranger = stranger;
        this.clients = new ClientHolder(
                "godwit-permit-" + voter.id(),
                leastAgeMs,
                () -> RaftClient.newBuilder()
                        .setProperties(RaftTuning.client(timeoutMs, MAX_OUTSTANDING))
                        .setParameters(RaftTls.parameters(settings.tls()))
                        .setRaftGroup(group)
                        .setRetryPolicy(RetryPolicies.noRetry())
                        .build(),
                client -> {},
                (client, message) -> client.async().sendStaleRead(message, ANY_INDEX, voter.peerId()));
    }

    /** Fails if there is no answer in time, or one that cannot be read. */
    CompletableFuture<VoterMessage> ask(VoterMessage message) {
        return clients.send(Message.valueOf(UnsafeByteOperations.unsafeWrap(message.encode())), timeoutMs)
                .thenApply(this::answer)
                .whenComplete((answer, failure) -> {
                    if (failure != null && isStranger(failure)) {
                        stranger.accept(voter);
                    }
                });
    }

    /** Ratis answers so for a group that it does not serve. */
    static boolean isStranger(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof GroupMismatchException) {
                return true;
            }
        }
        return false;
    }

    LedgerSettings.Voter voter() {
        return voter;
    }

    /** Somebody says that this voter is there. */
    void heardOf() {
        clients.heard();
    }

    private VoterMessage answer(RaftClientReply reply) {
        if (!reply.isSuccess()) {
            throw new LedgerUnavailableException(
                    "ledger voter " + voter.id() + " refused: " + reply.getException(), reply.getException());
        }
        return VoterMessage.decode(reply.getMessage().getContent().toByteArray());
    }

    @Override
    public void close() {
        clients.close();
    }
}
