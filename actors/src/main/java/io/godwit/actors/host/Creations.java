package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Makes VMs on this host, up to where the ledger has recorded them. The machine of one that is to be started is made
 * meanwhile: it stands until its actor, which there is only of a recorded VM, lets it run. Part of its host's actor: used
 * by its thread only.
 */
final class Creations {
    /** @param start whether it is to run, too */
    record Order(VmSpec spec, boolean start, ActorRef<VmActor.Answer> replyTo) {}

    /** @param recorded fails with a problem where the ledger has no such VM, or does not say so */
    record Made(String vmId, CompletionStage<VmRecord> recorded) {}

    private final NodeServices node;
    /** They may be listed, and have machines, before their actors begin. */
    private final Set<String> starting = new HashSet<>();

    Creations(NodeServices node) {
        this.node = node;
    }

    /** Each is to be {@link #ended} when it is over. */
    Made make(Order order) {
        String vmId = VmIds.newId(RandomGenerator.getDefault());
        VmSpec spec = order.spec();
        List<String> objections = node.resources().objections(node.hostId());
        if (!objections.isEmpty()) {
            return new Made(
                    vmId,
                    CompletableFuture.failedStage(new ProblemException(Problem.refused(
                            "VM " + spec.name() + " may not be on host " + node.hostId(), objections))));
        }
        if (spec.memoryBytes() > node.vault().totalMemoryBytes()) {
            return new Made(vmId, CompletableFuture.failedStage(tooLarge(spec)));
        }
        if (order.start()) {
            starting.add(vmId);
        }
        CompletionStage<Void> checked = node.vault()
                .work(() -> node.vault().factory().check(spec))
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(invalid(failure)));
        return new Made(
                vmId,
                checked.thenCompose(ok -> order.start()
                        ? recordAndBuild(vmId, spec)
                        : node.guarding().define(vmId, spec, DesiredState.STOPPED)));
    }

    void ended(String vmId) {
        starting.remove(vmId);
    }

    /** Whether it is being made to be started, and so is nobody else's to take up. */
    boolean isStarting(String vmId) {
        return starting.contains(vmId);
    }

    /** A machine that could not be made is tried again by the VM's actor, which says why. */
    private CompletionStage<VmRecord> recordAndBuild(String vmId, VmSpec spec) {
        CompletionStage<VmRecord> recorded = node.guarding().define(vmId, spec, DesiredState.RUNNING);
        if (!isItsOwn(spec)) {
            return recorded;
        }
        CompletionStage<?> built = node.vault().createBooted(vmId, spec).handle((machine, failure) -> vmId);
        return recorded.handle((vm, failure) -> failure == null
                        ? built.thenApply(tried -> vm)
                        : built.thenCompose(tried -> node.vault().close(vmId))
                                .thenCompose(gone -> CompletableFuture.<VmRecord>failedStage(failure)))
                .thenCompose(Function.identity());
    }

    /** Images are locked and taps made only by the recorded owner: the ledger may refuse the VM because others have them. */
    private static boolean isItsOwn(VmSpec spec) {
        return spec.disks().isEmpty() && spec.nics().isEmpty();
    }

    private ProblemException tooLarge(VmSpec spec) {
        long totalBytes = node.vault().totalMemoryBytes();
        return new ProblemException(Problem.of(
                Problem.Kind.INVALID,
                "memory",
                spec.memoryBytes(),
                "at most " + totalBytes + " bytes",
                "memory: " + spec.memoryBytes() + " bytes is more than host " + node.hostId() + " has for guests, "
                        + totalBytes + " bytes"));
    }

    private static ProblemException invalid(Throwable failure) {
        Problem problem = ProblemException.problemOf(failure);
        return new ProblemException(
                problem.kind() == Problem.Kind.FAILED ? Problem.of(Problem.Kind.INVALID, problem.detail()) : problem);
    }
}
