package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmMove;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** What is asked of a host about migrations, and what failed ones left there. Part of its actor: used by its thread only. */
final class HostMigrations {
    private final NodeServices node;
    private final Map<String, ActorRef<VmActor.Command>> vms;

    /** @param vms the actors of the host's VMs, by id, as they are at any time */
    HostMigrations(NodeServices node, Map<String, ActorRef<VmActor.Command>> vms) {
        this.node = node;
        this.vms = vms;
    }

    void list(HostActor.ListMigrations request) {
        request.replyTo().tell(new HostActor.Migrations(node.migrations().list()));
    }

    void find(HostActor.FindMigration request) {
        Optional<MigrationView> found = node.migrations().find(request.migrationId());
        request.replyTo().tell(new HostActor.Migrations(found.map(List::of).orElse(List.of())));
    }

    void cancel(HostActor.CancelMigration request) {
        toSource(request.migrationId(), request.replyTo(), new MigrationSource.CancelRequested(request.replyTo()));
    }

    void change(HostActor.ChangeMigration request) {
        toSource(
                request.migrationId(),
                request.replyTo(),
                new MigrationSource.Changed(request.parameters(), request.replyTo()));
    }

    void readParameters(HostActor.ReadParameters request) {
        request.replyTo().tell(new HostActor.Parameters(node.migration().defaults()));
    }

    void steer(HostActor.SteerMigration request) {
        toSource(
                request.migrationId(),
                request.replyTo(),
                new MigrationSource.Steered(request.step(), request.replyTo()));
    }

    /** Passes a word to the side that sends the VM away from here. */
    private void toSource(String migrationId, ActorRef<VmActor.Answer> replyTo, MigrationSource.Command word) {
        Optional<MigrationView> found = node.migrations().find(migrationId);
        ActorRef<VmActor.Command> vm = found.filter(view -> !view.ended())
                .map(view -> vms.get(view.vmId()))
                .orElse(null);
        if (vm == null) {
            String detail = found.map(
                            view -> "migration " + migrationId + " is " + view.status() + " and can no longer be "
                                    + (word instanceof MigrationSource.CancelRequested ? "cancelled" : "steered"))
                    .orElse("there is no migration " + migrationId + " on host " + node.hostId());
            replyTo.tell(new VmActor.Rejected(
                    Problem.of(found.isPresent() ? Problem.Kind.CONFLICT : Problem.Kind.NOT_FOUND, detail)));
        } else {
            vm.tell(new VmMove.AskSource(word, replyTo));
        }
    }

    void listLeftovers(HostActor.ListLeftovers request) {
        request.replyTo()
                .tell(new HostActor.Leftovers(node.vault().kept().stream()
                        .map(kept -> LeftoverView.of(kept, node.hostId()))
                        .toList()));
    }

    void discardLeftover(HostActor.DiscardLeftover request) {
        String id = request.migrationId();
        node.vault()
                .discard(id)
                .whenComplete((done, failure) -> request.replyTo()
                        .tell(
                                failure == null && done
                                        ? new VmActor.Deleted(id)
                                        : new VmActor.Rejected(Problem.of(
                                                failure == null ? Problem.Kind.NOT_FOUND : Problem.Kind.FAILED,
                                                failure == null
                                                        ? "host " + node.hostId() + " keeps nothing of migration " + id
                                                        : "what is kept of migration " + id + " did not go: "
                                                                + failure))));
    }
}
