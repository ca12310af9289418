package io.godwit.node.http;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.actors.voters.LedgerOperations;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmRequest;
import io.godwit.node.api.ClusterInfo;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Source;

/**
 * What the gateway asks of the cluster. No call blocks; a stage that fails with
 * {@link io.godwit.actors.vm.ProblemException} says what to tell the client.
 */
public interface ClusterAccess {
    CompletionStage<ClusterInfo> cluster();

    /** What hosts noticed of themselves of late, newest first. */
    CompletionStage<List<AlarmView>> alarms();

    CompletionStage<List<HostView>> hosts();

    CompletionStage<List<VmView>> vms();

    /** By id or by name, like everywhere below. */
    CompletionStage<VmView> vm(String vm);

    CompletionStage<VmView> create(VmRequest request);

    /** Sends one message to the VM's actor, wherever it is. */
    CompletionStage<VmActor.Answer> request(String vm, Function<ActorRef<VmActor.Answer>, VmActor.Request> message);

    /** Finds a VM, to ask it more than once. */
    default CompletionStage<VmDoor> door(String vm) {
        return CompletableFuture.completedStage(message -> request(vm, message));
    }

    CompletionStage<MigrationView> migrate(String vm, Destination destination, MigrationParameters parameters);

    /** Begins to move a VM that is off, with its disks. */
    CompletionStage<MigrationView> migrateCold(String vm, String target, boolean autoStart);

    /** What such a migration would be like; nothing is begun. */
    CompletionStage<PlanView> plan(String vm, Destination destination, MigrationParameters parameters);

    CompletionStage<List<MigrationView>> migrations();

    CompletionStage<MigrationView> migration(String id);

    CompletionStage<MigrationView> cancelMigration(String id);

    CompletionStage<List<LeftoverView>> leftovers();

    CompletionStage<VmActor.Answer> discardLeftover(String migrationId);

    /** Pauses the VM as soon as the ledger allows it and sends the rest, however long that takes. */
    CompletionStage<MigrationView> forceCompleteMigration(String id);

    /** Lets a migration switch over that stands in pre-switchover, its VM paused. */
    CompletionStage<MigrationView> continueMigration(String id);

    /** Begins to measure what a VM dirties. */
    CompletionStage<DirtyRateView> measureDirtyRate(String vm, long durationMs);

    /** What the last measurement found. */
    CompletionStage<DirtyRateView> dirtyRate(String vm);

    /** Changes what a migration under way goes by. */
    CompletionStage<MigrationView> changeMigration(String id, MigrationParameters parameters);

    /** What is set about the migrations of all VMs. */
    CompletionStage<ParameterLayers> clusterParameters();

    CompletionStage<ParameterLayers> changeClusterParameters(ParametersChange change);

    /** What is set about the migrations of one VM. */
    CompletionStage<ParameterLayers> vmParameters(String vm);

    CompletionStage<ParameterLayers> changeVmParameters(String vm, ParametersChange change);

    /** Pools and volumes. */
    Storage storage();

    /** VMs of hosts that are down. */
    Recoveries recoveries();

    /** Drains of hosts, and the restores behind them. */
    Maintenance maintenance();

    /** What moves VMs for balance. */
    Rebalancing rebalancing();

    /** The ledger itself. */
    LedgerOperations ledger();

    /** What happens from now on. A reader that is slow misses the oldest. */
    Source<ClusterEvent, NotUsed> events();
}
