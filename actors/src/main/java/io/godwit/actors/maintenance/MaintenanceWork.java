package io.godwit.actors.maintenance;

import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.cluster.OwnVms;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.placement.Placements;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.config.SkippedChecks;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a maintenance actor asks of the ledger and of the other hosts. All stages; its actor alone calls it. */
final class MaintenanceWork {
    private static final Logger LOG = LoggerFactory.getLogger(MaintenanceWork.class);
    /** A host that answers late once is no reason to move a VM twice. */
    private static final int LOOKS_UNTIL_LOST = 8;

    private static final Problem NOT_REFUSED =
            Problem.of(Problem.Kind.UNAVAILABLE, "the ledger has recorded the end and does not show it yet");

    private final NodeServices node;
    private final Placements placements;
    private final ClusterClient client;
    private final Map<String, Integer> missed = new HashMap<>();

    /** @param failure empty for a migration that completed */
    record Ended(String vmId, String migrationId, Optional<String> failure) {}

    /** @param refusal why the end was not recorded, where it was not */
    record EndOutcome(HostMaintenance state, Problem refusal) {}

    /** The cluster at one moment. */
    record Sight(List<VmRecord> vms, HostChooser chooser) {}

    MaintenanceWork(NodeServices node, ActorSystem<?> system, ActorRef<HostActor.Command> host) {
        this.node = node;
        this.placements = new Placements(system, node.hosts(), node.ownership());
        this.client = new ClusterClient(
                system,
                node.hosts(),
                node.ownership(),
                new OwnVms(host, node.hosted(), node.permits()),
                node.migration().defaults());
    }

    /** What the ledger says of this host. */
    CompletionStage<HostMaintenance> state() {
        return node.ownership()
                .maintenance()
                .thenApply(all -> all.stream()
                        .filter(host -> host.hostId().equals(node.hostId()))
                        .findFirst()
                        .orElseGet(() -> HostMaintenance.none(node.hostId())));
    }

    /** Fails with the ledger's reason where it refuses. */
    CompletionStage<Void> record(LedgerCommand command) {
        return node.ownership().maintain(command);
    }

    /** Ends only where it is known what the ledger then says of the host, whatever it answered. */
    CompletionStage<EndOutcome> end(LedgerCommand.EndMaintenance command) {
        return record(command)
                .handle((applied, failure) -> failure == null ? NOT_REFUSED : ProblemException.problemOf(failure))
                .thenCompose(refusal -> state().thenApply(now -> new EndOutcome(now, refusal)));
    }

    CompletionStage<MigrationView> migrate(String vmId, String target) {
        // A host is chosen by its kernel too; back home an older one has to do, for the VM came from there.
        SkippedChecks skipped = new SkippedChecks(false, true);
        return client.migrate(
                vmId, new Destination(Optional.of(target), Optional.empty(), skipped), MigrationParameters.NONE);
    }

    /** Its end, one way or the other, is seen later. */
    void cancel(String migrationId) {
        client.cancelMigration(migrationId).whenComplete((view, failure) -> {
            if (failure != null) {
                LOG.info(
                        "migration {} was not cancelled: {}",
                        migrationId,
                        ProblemException.problemOf(failure).detail());
            }
        });
    }

    /**
     * Those of the migrations that are over, as the hosts tell.
     *
     * @param underWay migrations by VM
     */
    CompletionStage<List<Ended>> ended(Map<String, String> underWay) {
        return underWay.isEmpty()
                ? CompletableFuture.completedStage(List.of())
                : client.migrations().thenApply(views -> ended(underWay, views));
    }

    /** Asks the ledger and every other host. What takes moves is by the hosts' own word: the ledger decides and refuses. */
    CompletionStage<Sight> look() {
        return node.ownership()
                .list()
                .thenCompose(vms -> placements
                        .look(vms, host -> true)
                        .thenApply(known -> new Sight(vms, known.chooser(host -> ""))));
    }

    private synchronized List<Ended> ended(Map<String, String> underWay, List<MigrationView> views) {
        Map<String, MigrationView> byId =
                views.stream().collect(Collectors.toMap(MigrationView::id, Function.identity()));
        missed.keySet().retainAll(underWay.values());
        List<Ended> ended = new ArrayList<>();
        underWay.forEach((vmId, migrationId) -> {
            MigrationView view = byId.get(migrationId);
            if (view == null) {
                if (missed.merge(migrationId, 1, Integer::sum) >= LOOKS_UNTIL_LOST) {
                    ended.add(new Ended(vmId, migrationId, Optional.of("no host knows its migration any more")));
                }
                return;
            }
            missed.remove(migrationId);
            if (view.ended()) {
                boolean moved = view.status().equals("completed");
                String reason = "migration " + migrationId + " " + view.status() + ": " + view.reason();
                ended.add(new Ended(vmId, migrationId, moved ? Optional.empty() : Optional.of(reason)));
            }
        });
        return ended;
    }
}
