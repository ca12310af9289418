package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.ColdSource;
import io.godwit.actors.migration.ColdTarget;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.vm.VmActor;
import io.godwit.control.cold.ColdLeftover;
import io.godwit.control.cold.ColdOutcome;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.storage.MoveFile;
import io.godwit.vmm.storage.VolumeMoves;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * VMs that come to a host while they are off, and what cold migrations left in its pools when one of their sides died over
 * them. Part of the host's actor: used by its thread only.
 */
final class HostColdMoves {
    private final NodeServices node;
    private final ActorContext<HostActor.Command> context;
    private final Map<String, ActorRef<VmActor.Command>> vms;
    private final Set<String> toStart = new HashSet<>();
    private final AtomicBoolean looking = new AtomicBoolean();

    /** @param vms the actors of the host's VMs, by id, as they are at any time */
    HostColdMoves(
            NodeServices node, ActorContext<HostActor.Command> context, Map<String, ActorRef<VmActor.Command>> vms) {
        this.node = node;
        this.context = context;
        this.vms = vms;
    }

    /** Nothing is derived from a request, the actor's name included, before it was found to make sense. */
    void admit(HostActor.AdmitCold request) {
        List<String> faults = new ArrayList<>(ColdTarget.faults(request));
        if (faults.isEmpty()) {
            faults.addAll(node.resources().objections(node.hostId()));
        }
        if (faults.isEmpty() && vms.containsKey(request.vm().id())) {
            faults.add("VM " + request.vm().spec().name() + " is on host " + node.hostId() + " already");
        }
        String name = "cold-" + request.migrationId();
        if (!faults.isEmpty()) {
            request.source().tell(new ColdSource.Answered(false, faults));
        } else if (context.getChild(name).isEmpty()) {
            ActorRef<HostActor.Command> self = context.getSelf();
            context.spawn(
                    ColdTarget.create(
                            node,
                            request,
                            came -> self.tell(
                                    new HostActor.ColdArrived(came.vm().id(), came.autoStart()))),
                    name);
        }
    }

    void arrived(HostActor.ColdArrived arrived) {
        if (arrived.start()) {
            toStart.add(arrived.vmId());
        }
    }

    /**
     * Looks at what moves left, and starts what was to be started once it is here.
     *
     * @param all VMs of the ledger
     */
    void look(List<VmRecord> all) {
        for (VmRecord vm : all) {
            ActorRef<VmActor.Command> actor = vms.get(vm.id());
            if (actor != null && toStart.remove(vm.id())) {
                actor.tell(new VmActor.Start(context.getSystem().ignoreRef()));
            }
        }
        if (looking.compareAndSet(false, true)) {
            VolumeMoves moves = node.volumes().moves();
            node.vault()
                    .compute(moves::leftovers)
                    .thenCompose(files -> CompletableFuture.allOf(files.stream()
                            .filter(file -> !isUnderWay(file))
                            .map(file -> settle(moves, file, all).toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new)))
                    .whenComplete((done, failure) -> {
                        looking.set(false);
                        if (failure != null) {
                            context.getSystem().log().warn("what a cold migration left is left again", failure);
                        }
                    });
        }
    }

    private boolean isUnderWay(MoveFile file) {
        return node.migrations()
                .find(file.moveId())
                .filter(view -> !view.ended())
                .map(MigrationView::id)
                .isPresent();
    }

    private CompletionStage<?> settle(VolumeMoves moves, MoveFile file, List<VmRecord> all) {
        return file.kind() == MoveFile.Kind.LEFT ? settleNote(moves, file, all) : settleCopy(moves, file);
    }

    private CompletionStage<?> settleNote(VolumeMoves moves, MoveFile note, List<VmRecord> all) {
        Optional<VmRecord> vm =
                all.stream().filter(one -> one.id().equals(note.vmId())).findFirst();
        ColdLeftover.Left what = ColdLeftover.left(node.ownership().self(), vm, note.moveId(), note.epoch());
        return what == ColdLeftover.Left.ASK
                ? decision(note).thenCompose(outcome -> settleNote(moves, note, ColdLeftover.decided(outcome)))
                : settleNote(moves, note, what);
    }

    private CompletionStage<?> settleNote(VolumeMoves moves, MoveFile note, ColdLeftover.Left what) {
        return switch (what) {
            case CLEAR -> done(note, () -> moves.clear(note), "deleted: its VM is another host's");
            case UNMARK -> done(note, () -> moves.discard(note), "kept: it was not moved");
            case ASK, WAIT -> CompletableFuture.completedStage(null);
        };
    }

    private CompletionStage<?> settleCopy(VolumeMoves moves, MoveFile copy) {
        return decision(copy).thenCompose(outcome -> switch (outcome) {
            case COMMITTED -> done(copy, () -> moves.publish(copy), "published: its VM is this host's");
            case ABORTED -> done(copy, () -> moves.discard(copy), "deleted: the migration was given up");
            case PREPARED, REFUSED, UNKNOWN -> CompletableFuture.completedStage(false);
        });
    }

    /** The ledger's first record of the migration decides, and this asks for one that the source can no longer overtake. */
    private CompletionStage<ColdOutcome> decision(MoveFile file) {
        LedgerCommand abort = new LedgerCommand.Abort(file.moveId() + "/cold/abort", file.vmId(), file.moveId());
        return node.ownership().settle(abort).thenApply(answer -> ColdOutcome.of(answer, ColdOutcome.ABORTED));
    }

    private CompletionStage<Boolean> done(MoveFile file, Runnable what, String word) {
        return node.vault().compute(() -> {
            what.run();
            context.getSystem()
                    .log()
                    .info(
                            "volume {} of VM {}, left by migration {}, is {}",
                            file.volume(),
                            file.vmId(),
                            file.moveId(),
                            word);
            return true;
        });
    }
}
