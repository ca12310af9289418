package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.util.TimeDuration;

/**
 * Has the ledger's leader put one voter in the place of another: it brings the new one up to date, then the majorities of
 * both sets agree on the change. The blocking of Ratis' administration is on a thread of its own.
 */
public final class VoterChange implements AutoCloseable {
    /** The leader sends the new voter all of the log, or its snapshot, before it begins. */
    static final long TIMEOUT_MS = 30_000;

    private static final int ATTEMPTS = 3;

    private final LedgerSettings settings;
    private final LeaderLine leader;
    private final ExecutorService worker = Daemons.one("godwit-voter-change");

    /** @param leader the caller's to close, after this */
    public VoterChange(LedgerSettings settings, LeaderLine leader) {
        this.settings = settings;
        this.leader = leader;
    }

    /**
     * Completes when the change is committed. One that fails may still come about; the ledger's status says it.
     *
     * @param before who has to vote now: the leader refuses it where others do
     * @param in has to serve already; see {@link VoterSeat#join}
     */
    public CompletionStage<Void> replace(VoterSet before, String out, LedgerSettings.Voter in) {
        return change(before, before.replaced(out, in));
    }

    /** As {@link #replace}: one more voter. */
    public CompletionStage<Void> add(VoterSet before, LedgerSettings.Voter in) {
        return change(before, before.with(in));
    }

    /** As {@link #replace}: one voter less, which may be gone. */
    public CompletionStage<Void> remove(VoterSet before, String out) {
        return change(before, before.without(out));
    }

    private CompletionStage<Void> change(VoterSet before, List<LedgerSettings.Voter> after) {
        return CompletableFuture.runAsync(() -> request(before, after), worker)
                .orTimeout(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    private void request(VoterSet set, List<LedgerSettings.Voter> after) {
        List<LedgerSettings.Voter> before = set.voters();
        SetConfigurationRequest.Arguments arguments = SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(
                        before.stream().map(LedgerSettings.Voter::peer).toList())
                .setServersInNewConf(
                        after.stream().map(LedgerSettings.Voter::peer).toList())
                .build();
        RaftClient client = RaftClient.newBuilder()
                .setProperties(RaftTuning.client(TIMEOUT_MS / ATTEMPTS, 1))
                .setParameters(RaftTls.parameters(settings.tls()))
                .setRaftGroup(settings.group(set.generation(), before))
                .setLeaderId(RaftPeerId.valueOf(leader.hint()))
                .setRetryPolicy(RetryPolicies.retryUpToMaximumCountWithFixedSleep(
                        ATTEMPTS * before.size(), TimeDuration.valueOf(300, TimeUnit.MILLISECONDS)))
                .build();
        try {
            RaftClientReply reply = client.admin().setConfiguration(arguments);
            if (!reply.isSuccess()) {
                throw failed(after, reply.getException());
            }
        } catch (IOException failure) {
            throw failed(after, failure);
        } finally {
            ClosingClients.close(client);
        }
    }

    private static LedgerUnavailableException failed(List<LedgerSettings.Voter> after, Throwable why) {
        return new LedgerUnavailableException(
                "the ledger's voters were not changed to " + after + ": " + why.getMessage(), why);
    }

    @Override
    public void close() {
        worker.shutdown();
    }
}
