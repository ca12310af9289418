package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.ColdSource;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationOrder;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationTarget;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.control.ledger.VmRecord;
import io.godwit.migration.convergence.Plan;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * The sides of migrations that a VM's actor has as children, and what of a migration outlives them: a source that has
 * not yet let go, and the next move that waits for it. Part of the actor: used by its thread only.
 */
final class VmMoves {
    private final ActorContext<VmActor.Command> context;
    private final NodeServices node;
    private @Nullable ActorRef<MigrationSource.Command> outgoing;
    private @Nullable ActorRef<MigrationTarget.Command> incoming;
    private @Nullable ActorRef<ColdSource.Command> cold;
    private @Nullable String unreleasedMigration;
    private boolean sourceReleased;
    private VmActor.@Nullable Migrate waiting;

    VmMoves(ActorContext<VmActor.Command> context, NodeServices node) {
        this.context = context;
        this.node = node;
    }

    /** Ends both sides without a word: the VM is another host's. */
    void abandon() {
        if (outgoing != null) {
            context.unwatch(outgoing);
            context.stop(outgoing);
        }
        if (incoming != null) {
            context.unwatch(incoming);
            context.stop(incoming);
        }
        if (cold != null) {
            context.unwatch(cold);
            context.stop(cold);
        }
        outgoing = null;
        incoming = null;
        cold = null;
    }

    /** A VM that is off begins to leave with its disks. */
    void leaveCold(VmActor.MigrateCold request, VmRecord vm) {
        ColdSource.Order order = new ColdSource.Order(
                request.migrationId(), vm, request.target(), request.autoStart(), request.replyTo());
        cold = spawn(request.migrationId(), ColdSource.create(node, order, context.getSelf()));
    }

    void coldEnded() {
        if (cold != null) {
            context.unwatch(cold);
        }
        cold = null;
    }

    boolean isLeaving() {
        return outgoing != null;
    }

    boolean isUnderWay() {
        return outgoing != null || incoming != null || cold != null;
    }

    /** Keeps a move back, one at most, while the source of the last one still holds its half; false where none does. */
    boolean holdBack(VmActor.Migrate request) {
        if (unreleasedMigration == null) {
            return false;
        }
        if (waiting == null) {
            waiting = request;
        } else {
            VmRules.reject(
                    request.replyTo(),
                    "the source of migration " + unreleasedMigration
                            + " has not yet released this VM, and another migration waits for that");
        }
        return true;
    }

    /** @param expectation what the move is expected to be like, where anybody knows */
    void leave(
            VmActor.Migrate request,
            VmRecord vm,
            boolean running,
            @Nullable Plan expectation,
            VaultedMachine machine,
            MachineParts parts) {
        MigrationOrder order = new MigrationOrder(
                request.migrationId(),
                vm,
                request.target(),
                node.migration().parameters(request.parameters()),
                request.skipped(),
                expectation,
                running,
                request.replyTo());
        outgoing = spawn(order.migrationId(), MigrationSource.create(node, order, machine, parts, context.getSelf()));
    }

    /** The VM stays; false where it was not about to leave. */
    boolean stay() {
        if (outgoing == null) {
            return false;
        }
        context.unwatch(outgoing);
        outgoing = null;
        return true;
    }

    /** To the side that sends this VM. */
    void tellSource(MigrationSource.Command message) {
        if (outgoing != null) {
            outgoing.tell(message);
        }
    }

    /** To the side that sends this VM; who asks is told where there is none. */
    void askSource(VmMove.AskSource request, VmRecord vm) {
        if (cold != null) {
            askCold(cold, request, vm);
        } else if (outgoing == null) {
            VmRules.reject(request.replyTo(), "VM " + vm.spec().name() + " has no migration under way from here");
        } else {
            outgoing.tell(request.word());
        }
    }

    private static void askCold(ActorRef<ColdSource.Command> source, VmMove.AskSource request, VmRecord vm) {
        if (request.word() instanceof MigrationSource.CancelRequested) {
            source.tell(new ColdSource.CancelRequested(request.replyTo()));
        } else {
            VmRules.reject(
                    request.replyTo(),
                    "VM " + vm.spec().name() + " moves while it is off: such a migration can only be cancelled");
        }
    }

    /** A VM is coming: its source is watched until it is gone, since only then may the VM move again. */
    void expect(Manifest manifest, ActorRef<MigrationSource.Command> source) {
        context.watchWith(source, new VmMove.SourceReleased(manifest.migrationId()));
        node.guarding().expect(manifest.vm());
        var machine =
                node.vault().createIncoming(manifest.vm().id(), manifest.vm().spec());
        context.pipeToSelf(machine, (made, failure) -> {
            if (failure == null) {
                if (manifest.skipped().cpu()) {
                    made.machine().skipCpuCheck();
                }
                return new VmMove.IncomingReady(made, new MigrationTarget.Start(manifest, source));
            }
            String reason = ProblemException.problemOf(failure).detail();
            source.tell(new MigrationSource.NotAdmitted(List.of(reason)));
            return new VmMove.NotArrived(manifest.migrationId(), reason, false);
        });
    }

    void receive(VmMove.IncomingReady ready, MachineParts parts) {
        MigrationTarget.Start start = ready.start();
        incoming = spawn(
                start.manifest().migrationId(),
                MigrationTarget.create(node, start, ready.machine(), parts, context.getSelf()));
    }

    /** The receiving side has said its last word. */
    void received() {
        if (incoming != null) {
            context.unwatch(incoming);
        }
        incoming = null;
    }

    /** The VM is here; its source may still compare memory before it lets go. */
    void arrived(String migrationId) {
        received();
        if (!sourceReleased) {
            unreleasedMigration = migrationId;
        }
    }

    /** The source has let go: what waited for it begins. */
    void released() {
        sourceReleased = true;
        unreleasedMigration = null;
        if (waiting != null) {
            context.getSelf().tell(waiting);
            waiting = null;
        }
    }

    private <T> ActorRef<T> spawn(String migrationId, Behavior<T> side) {
        ActorRef<T> actor = context.spawn(side, "migration-" + migrationId);
        context.watchWith(actor, new VmMove.MigrationBroke(migrationId));
        return actor;
    }
}
