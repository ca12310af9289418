package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.DeviceChange;
import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Devices that come to a VM and leave it, one at a time. A device that comes is in the ledger before it is in the
 * machine, and one that leaves is out of the machine before it is out of the ledger: whatever fails in between, nobody
 * else gets what the machine still has. Part of the actor: used by its thread only.
 */
final class VmDevices {
    /** A guest that listens ejects within a second or two. */
    static final Duration EJECTION_LIMIT = Duration.ofSeconds(20);

    private static final VmStatus[] ATTACHABLE = {
        VmStatus.RUNNING, VmStatus.PAUSED, VmStatus.STOPPED, VmStatus.WAITING_FOR_HOST
    };
    /** A guest that stands cannot let go of anything. */
    private static final VmStatus[] DETACHABLE = {VmStatus.RUNNING, VmStatus.STOPPED, VmStatus.WAITING_FOR_HOST};

    private final ActorContext<VmActor.Command> context;
    private final NodeServices node;
    private final VmOperations operations;
    private @Nullable Leaving leaving;

    /** A device that the guest is asked for. */
    private static final class Leaving {
        private final Machine machine;
        private final DeviceChange change;
        private final CompletionStage<?> asked;
        private final List<ActorRef<VmActor.Answer>> alsoAsked = new ArrayList<>();
        private volatile boolean late;

        Leaving(Machine machine, DeviceChange change, CompletionStage<?> asked) {
            this.machine = machine;
            this.change = change;
            this.asked = asked;
        }
    }

    VmDevices(ActorContext<VmActor.Command> context, NodeServices node) {
        this.context = context;
        this.node = node;
        this.operations = new VmOperations(node);
    }

    static VmStatus[] allowed(VmActor.DeviceRequest request) {
        return request instanceof DeviceMessages.Detach detach && !detach.force() ? DETACHABLE : ATTACHABLE;
    }

    static String name(VmActor.DeviceRequest request) {
        return request instanceof DeviceMessages.Detach detach
                ? "detach " + detach.device()
                : request instanceof DeviceMessages.AttachDisk ? "attach disk" : "attach nic";
    }

    /** Pulls what is waited for, where that is asked; false where it is another request. */
    boolean join(VmActor.DeviceRequest request) {
        Leaving awaited = leaving;
        if (awaited == null
                || !(request instanceof DeviceMessages.Detach detach)
                || !detach.force()
                || !detach.device().equals(awaited.change.id())) {
            return false;
        }
        awaited.alsoAsked.add(request.replyTo());
        pull(awaited);
        return true;
    }

    /** A guest that ended or begins anew has let go of everything. */
    void guestActed() {
        Leaving awaited = leaving;
        if (awaited != null) {
            pull(awaited);
        }
    }

    /** Those who asked for the same are told the same. */
    void ended(VmActor.Answer answer) {
        Leaving awaited = leaving;
        leaving = null;
        if (awaited != null) {
            awaited.alsoAsked.forEach(replyTo -> replyTo.tell(answer));
        }
    }

    /** Answered to the actor by {@link VmStep.DevicesChanged}; says what those who come meanwhile are told. */
    Operation begin(VmActor.DeviceRequest request, VmRecord vm, @Nullable VaultedMachine vaulted) {
        Operation plain = new Operation(name(request), request.replyTo());
        Machine machine = vaulted == null ? null : vaulted.machine();
        long askedIn = node.permits().period();
        DeviceChange change;
        CompletionStage<VmRecord> changed;
        try {
            change = change(request, vm);
            changed = request instanceof DeviceMessages.Detach detach
                    ? detach(change, detach.force(), vm, machine)
                    : attach(change, vm, machine);
        } catch (InvalidValueException refused) {
            context.getSelf().tell(new VmStep.DevicesChanged(vm, Problem.of(refused)));
            return plain;
        } catch (ProblemException refused) {
            context.getSelf().tell(new VmStep.DevicesChanged(vm, refused.problem()));
            return plain;
        }
        String kind = request instanceof DeviceMessages.Detach ? "vm.device-detached" : "vm.device-attached";
        CompletionStage<VmStep.DevicesChanged> guarded =
                settled(changed, vm).thenCompose(done -> guarded(done, askedIn));
        context.pipeToSelf(guarded, (done, impossible) -> {
            if (done.problem() == null) {
                node.events().vm(kind, vm.id(), "device", change.id(), "slot", String.valueOf(change.slot()));
            }
            return done;
        });
        boolean waits = leaving != null && request instanceof DeviceMessages.Detach detach && !detach.force();
        String waiting =
                plain.name() + ", which waits for the guest to eject slot " + change.slot() + " (force pulls it)";
        return waits ? new Operation(waiting, request.replyTo()) : plain;
    }

    /** What could be started elsewhere may be so no more, or the other way round. The next start sees to what failed here. */
    private CompletionStage<VmStep.DevicesChanged> guarded(VmStep.DevicesChanged done, long askedIn) {
        VmRecord vm = done.vm();
        return !vm.owner().equals(node.ownership().self())
                ? CompletableFuture.completedStage(done)
                : node.guarding().settle(vm, vm.spec(), askedIn).handle((settled, failure) -> done);
    }

    /** A VM that comes to need what is only here is not to be claimed by others from before it has that. */
    private CompletionStage<VmRecord> readied(DeviceChange change, VmRecord vm) {
        return node.guarding().isMovable(change.spec())
                        || !vm.owner().equals(node.ownership().self())
                ? CompletableFuture.completedStage(vm)
                : node.guarding().settle(vm, change.spec(), RunPermits.NEVER);
    }

    private static DeviceChange change(VmActor.DeviceRequest request, VmRecord vm) {
        if (request instanceof DeviceMessages.AttachDisk attach) {
            return DeviceChange.attach(vm.spec(), attach.disk());
        } else if (request instanceof DeviceMessages.AttachNic attach) {
            int number = DeviceChange.nextNic(vm.spec());
            return DeviceChange.attach(vm.spec(), attach.nic().toSpec(vm.spec().name(), number));
        }
        String device = ((DeviceMessages.Detach) request).device();
        return DeviceChange.detach(vm.spec(), device).orElseThrow(() -> new ProblemException(notThere(device, vm)));
    }

    private static Problem notThere(String device, VmRecord vm) {
        List<String> there = new ArrayList<>(vm.spec().diskIds());
        there.addAll(vm.spec().nicIds());
        String accepted = there.isEmpty() ? "nothing: it has no disks and no interfaces" : "one of " + there;
        return Problem.of(
                Problem.Kind.NOT_FOUND,
                "device",
                device,
                accepted,
                "VM " + vm.spec().name() + " has no device " + device + " to detach; expected " + accepted);
    }

    private CompletionStage<VmRecord> attach(DeviceChange change, VmRecord vm, @Nullable Machine machine) {
        if (machine == null) {
            return node.vault()
                    .work(() -> node.vault().factory().check(change.spec()))
                    .exceptionallyCompose(refused -> CompletableFuture.failedStage(unfit(refused)))
                    .thenCompose(fine -> readied(change, vm))
                    .thenCompose(ready -> node.ownership().changeDevices(vm, change.spec()));
        }
        return readied(change, vm)
                .thenCompose(ready -> node.ownership().changeDevices(vm, change.spec()))
                .thenCompose(mine -> node.vault()
                        .work(() -> machine.plug(change.id(), change.spec()))
                        .thenApply(plugged -> mine)
                        .exceptionallyCompose(failure -> undo(mine, vm, unfit(failure))));
    }

    /** What the operator reads is why the device did not come, unless the ledger has it for good. */
    private CompletionStage<VmRecord> undo(VmRecord mine, VmRecord before, ProblemException why) {
        return node.ownership()
                .changeDevices(mine, before.spec())
                .exceptionallyCompose(unreachable -> CompletableFuture.failedStage(new ProblemException(Problem.of(
                        Problem.Kind.UNAVAILABLE,
                        why.getMessage() + "; the ledger has the device and could not be told otherwise ("
                                + ProblemException.problemOf(unreachable).detail() + "): detach it"))))
                .thenCompose(undone -> CompletableFuture.failedStage(why));
    }

    private static ProblemException unfit(Throwable failure) {
        Problem problem = ProblemException.problemOf(failure);
        return new ProblemException(
                problem.kind() == Problem.Kind.FAILED ? Problem.of(Problem.Kind.INVALID, problem.detail()) : problem);
    }

    private CompletionStage<VmRecord> detach(
            DeviceChange change, boolean force, VmRecord vm, @Nullable Machine machine) {
        // One that its machine has not is what an attach left behind that could not be undone.
        if (machine == null || !machine.spec().slotsById().containsKey(change.id())) {
            return node.ownership().changeDevices(vm, change.spec());
        }
        CompletionStage<CompletionStage<Void>> asked = node.vault().compute(() -> {
            CompletionStage<Void> gone = machine.unplug(change.id(), change.spec());
            if (force) {
                machine.pull(change.id());
            }
            return gone;
        });
        Leaving awaited = new Leaving(machine, change, asked);
        leaving = awaited;
        Cancellable limit = context.getSystem()
                .scheduler()
                .scheduleOnce(EJECTION_LIMIT, () -> giveUp(awaited), context.getExecutionContext());
        return asked.thenCompose(Function.identity())
                .handle((out, failure) -> {
                    limit.cancel();
                    if (failure != null) {
                        throw new ProblemException(awaited.late ? stayed(change) : ProblemException.problemOf(failure));
                    }
                    return change;
                })
                .thenCompose(out -> node.ownership().changeDevices(vm, out.spec()));
    }

    private void giveUp(Leaving awaited) {
        awaited.late = true;
        afterAsking(awaited, () -> awaited.machine.keep(awaited.change.id()));
    }

    private void pull(Leaving awaited) {
        afterAsking(awaited, () -> awaited.machine.pull(awaited.change.id()));
    }

    /** What becomes of it the request under way tells. */
    private void afterAsking(Leaving awaited, Runnable step) {
        CompletionStage<Void> unused =
                awaited.asked.thenCompose(asked -> node.vault().work(step));
    }

    private static Problem stayed(DeviceChange change) {
        return Problem.of(
                Problem.Kind.CONFLICT,
                "detach " + change.id() + ": the guest has not ejected slot " + change.slot() + " within "
                        + EJECTION_LIMIT.toSeconds() + " s, so the device stays; asked for with force it is pulled");
    }

    private CompletionStage<VmStep.DevicesChanged> settled(CompletionStage<VmRecord> changed, VmRecord known) {
        return changed.thenApply(vm -> new VmStep.DevicesChanged(vm, null))
                .exceptionallyCompose(failure -> operations
                        .current(known)
                        .thenApply(vm -> new VmStep.DevicesChanged(vm, ProblemException.problemOf(failure))));
    }
}
