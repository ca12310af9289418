package io.godwit.actors.cluster;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.alarm.Alarms;
import io.godwit.actors.directory.DirectoryActor;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostFacts;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.host.PermitView;
import io.godwit.actors.ledger.JoinLine;
import io.godwit.actors.ledger.PermitLine;
import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.maintenance.MaintenanceBook;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationServices;
import io.godwit.actors.permit.Guarding;
import io.godwit.actors.rebalance.RebalanceActor;
import io.godwit.actors.rebalance.RebalanceClient;
import io.godwit.actors.rebalance.RebalanceServices;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.actors.recovery.AutoMigrateSwitch;
import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.recovery.RecoveryActor;
import io.godwit.actors.recovery.RecoveryClient;
import io.godwit.actors.recovery.RecoveryServices;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.vault.MachineVault;
import io.godwit.actors.vm.HostedVms;
import io.godwit.actors.voters.VoterServices;
import io.godwit.actors.voters.VotersActor;
import io.godwit.control.ledger.Ledger;
import io.godwit.vmm.storage.VolumeStore;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.jspecify.annotations.Nullable;

/** The root of a node's actors. What lives longer than the actor system is given to it, not made by it. */
public final class NodeGuardian {
    /** The guardian takes no messages: it only holds the others. */
    public enum Command {}

    /**
     * What outlives an actor system.
     *
     * @param migrations keeps the accounts of migrations across a restart
     * @param recovery what recovery has beside this host's voter; null where there is none
     * @param rebalance what the rebalancer has beside it, likewise
     * @param voters what this node has of the ledger itself; null where nobody asks for it
     * @param alarms what this host notices of itself
     * @param autoMigrate whether this host's VMs are started elsewhere when it is down
     */
    public record Resources(
            MachineVault vault,
            VolumeStore volumes,
            Ledger ledger,
            HostFacts facts,
            HostResources resources,
            MigrationServices migration,
            MigrationBook migrations,
            PermitLine permitLine,
            JoinLine joinLine,
            @Nullable RecoveryServices recovery,
            @Nullable RebalanceServices rebalance,
            @Nullable VoterServices voters,
            boolean autoMigrate,
            Alarms alarms) {}

    /** What the gateway works with. */
    public record Started(
            ClusterClient client,
            ActorRef<Topic.Command<ClusterEvent>> events,
            HostedVms hosted,
            Storage storage,
            Supplier<PermitView> permit,
            Recoveries recoveries,
            Rebalancing rebalancing,
            Maintenance maintenance) {}

    private NodeGuardian() {}

    public static Behavior<Command> create(Resources resources, CompletableFuture<Started> started) {
        return Behaviors.setup(context -> {
            started.complete(start(context, resources));
            return Behaviors.empty();
        });
    }

    private static void tellOf(NodeServices node) {
        node.alarms().onRaised(alarm -> {
            AlarmView view = AlarmView.of(node.hostId(), alarm);
            node.events()
                    .host(
                            "host.alarm",
                            "kind",
                            view.kind(),
                            "valueMs",
                            String.valueOf(view.valueMs()),
                            "meaning",
                            view.meaning());
        });
    }

    private static Started start(ActorContext<Command> context, Resources resources) {
        ActorRef<DirectoryActor.Command> directory = context.spawn(
                Behaviors.supervise(DirectoryActor.create(resources.ledger())).onFailure(SupervisorStrategy.restart()),
                "directory");
        ActorRef<Topic.Command<ClusterEvent>> topic =
                context.spawn(Topic.create(ClusterEvent.class, Events.TOPIC), "events");
        Ownership ownership =
                new Ownership(directory, context.getSystem(), resources.vault().identity());
        HostRegistry hosts = new HostRegistry(context.getSystem());
        HostedVms hosted = new HostedVms();
        NodeServices services = new NodeServices(
                resources.vault(),
                resources.volumes(),
                ownership,
                directory,
                resources.facts(),
                resources.resources(),
                resources.migration(),
                resources.migrations(),
                hosts,
                hosted,
                new MaintenanceBook(),
                new Events(resources.vault().identity().hostId(), topic),
                resources.permitLine(),
                new Guarding(
                        resources.vault().permits(),
                        ownership,
                        pool -> resources.volumes().isShared(pool)),
                resources.recovery() != null && resources.recovery().hasFence(),
                resources.alarms());
        tellOf(services);
        ActorRef<HostActor.Command> host = context.spawn(
                Behaviors.supervise(HostActor.create(services)).onFailure(SupervisorStrategy.restart()), "host");
        RecoveryServices recovery = resources.recovery();
        if (recovery != null) {
            context.spawn(
                    Behaviors.supervise(RecoveryActor.create(services, recovery))
                            .onFailure(SupervisorStrategy.restart()),
                    "recovery",
                    DispatcherSelector.blocking());
        }
        ClusterClient client = new ClusterClient(
                context.getSystem(),
                hosts,
                ownership,
                new OwnVms(host, hosted, services.permits()),
                resources.migration().defaults());
        RebalanceServices rebalance = resources.rebalance();
        if (rebalance != null) {
            context.spawn(
                    Behaviors.supervise(RebalanceActor.create(services, client, rebalance))
                            .onFailure(SupervisorStrategy.restart()),
                    "rebalancer",
                    DispatcherSelector.blocking());
        }
        VoterServices voters = resources.voters();
        if (voters != null) {
            context.spawn(
                    Behaviors.supervise(VotersActor.create(voters)).onFailure(SupervisorStrategy.restart()), "voters");
        }
        context.spawn(AutoMigrateSwitch.create(ownership, resources.autoMigrate()), "auto-migrate");
        Storage storage = new StorageClient(context.getSystem(), hosts, ownership);
        return new Started(
                client,
                topic,
                hosted,
                storage,
                () -> PermitView.of(resources.vault().permits()),
                new RecoveryClient(context.getSystem(), hosts, ownership, storage),
                new RebalanceClient(context.getSystem(), ownership),
                new MaintenanceClient(context.getSystem(), hosts));
    }
}
