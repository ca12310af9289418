package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.retry.RetryPolicies;

/**
 * Asks a voter that does not serve the generation that was thought which one it serves. A host that was away while the
 * ledger was made anew learns of it so, before it is in any cluster: those who answer under the old voters' addresses tell
 * it. Ratis' requests of this kind block: on a thread of its own.
 */
final class GenerationLookup implements AutoCloseable {
    private static final long TIMEOUT_MS = 3_000;
    /** Its answer, or that there was none, counts for so long. */
    private static final long PAUSE_MS = 1_000;

    private final LedgerSettings settings;
    private final ExecutorService worker = Daemons.one("godwit-generation");
    /** A voter is asked once at a time, whoever wants to know. */
    private final Map<LedgerSettings.Voter, CompletableFuture<VoterSet>> asking = new ConcurrentHashMap<>();

    GenerationLookup(LedgerSettings settings) {
        this.settings = settings;
    }

    /** Fails where it does not answer, or serves nothing of this cluster. */
    CompletableFuture<VoterSet> ask(LedgerSettings.Voter voter) {
        return asking.computeIfAbsent(voter, unknown -> {
            CompletableFuture<VoterSet> answer;
            try {
                answer = CompletableFuture.supplyAsync(() -> served(unknown), worker);
            } catch (RejectedExecutionException closed) {
                return CompletableFuture.failedFuture(closed);
            }
            CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS).execute(() -> asking.remove(unknown));
            return answer;
        });
    }

    private VoterSet served(LedgerSettings.Voter voter) {
        for (RaftGroupId id : groups(voter)) {
            VoterSet set = status(voter, id);
            // Derived from the cluster's own name: what another cluster's voter says does not fit.
            if (settings.groupId(set.generation()).equals(id)) {
                return set;
            }
        }
        throw new LedgerUnavailableException(
                "voter " + voter + " serves no ledger of cluster " + settings.clusterName(), null);
    }

    private List<RaftGroupId> groups(LedgerSettings.Voter voter) {
        RaftClient client = RaftClient.newBuilder()
                .setProperties(RaftTuning.client(TIMEOUT_MS, 1))
                .setParameters(RaftTls.parameters(settings.tls()))
                .setRaftGroup(settings.group(Generation.FIRST, List.of(voter)))
                .setRetryPolicy(RetryPolicies.noRetry())
                .build();
        try {
            return client.getGroupManagementApi(voter.peerId()).list().getGroupIds();
        } catch (IOException failure) {
            throw new LedgerUnavailableException("voter " + voter + " was not asked for its groups", failure);
        } finally {
            ClosingClients.close(client);
        }
    }

    private VoterSet status(LedgerSettings.Voter voter, RaftGroupId id) {
        RaftGroup group = RaftGroup.valueOf(id, voter.peer());
        try (VoterLine line = new VoterLine(settings, group, voter, TIMEOUT_MS, TIMEOUT_MS, stranger -> {})) {
            VoterMessage answer = line.ask(new VoterMessage.AskStatus())
                    .orTimeout(TIMEOUT_MS, TimeUnit.MILLISECONDS)
                    .join();
            if (answer instanceof VoterMessage.Status status) {
                return status.voters();
            }
            throw new LedgerUnavailableException("voter " + voter + " answered " + answer, null);
        } catch (CompletionException failure) {
            throw new LedgerUnavailableException("voter " + voter + " did not say who votes", failure);
        }
    }

    /** Asks nobody any more. */
    @Override
    public void close() {
        worker.shutdown();
    }
}
