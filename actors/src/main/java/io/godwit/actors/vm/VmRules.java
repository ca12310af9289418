package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What may be asked of a VM when, and the words in which it is refused. */
final class VmRules {
    static final String LOST_MEMORY =
            "its host was restarted and the VM's memory went with it; start it to boot it anew";

    private VmRules() {}

    static VmStatus[] stoppable() {
        return new VmStatus[] {
            VmStatus.STOPPED,
            VmStatus.RUNNING,
            VmStatus.PAUSED,
            VmStatus.CRASHED,
            VmStatus.STOPPING,
            VmStatus.WAITING_FOR_HOST
        };
    }

    /** Whether the VM was to run in an earlier life of its host. */
    static boolean lostItsMemory(VmRecord vm, HostIdentity self) {
        return !vm.owner().equals(self) && vm.desired() != DesiredState.STOPPED;
    }

    /**
     * Why an operation cannot begin now; empty when it can.
     *
     * @param underWay the operation that is, if any
     */
    static Optional<Problem> refusal(
            String operation, VmRecord vm, VmStatus status, @Nullable Operation underWay, VmStatus... allowed) {
        String name = vm.spec().name();
        if (underWay != null) {
            return conflict("VM " + name + " is busy with " + underWay.name());
        }
        if (List.of(allowed).contains(status)) {
            return Optional.empty();
        }
        String states = Arrays.stream(allowed).map(VmStatus::label).collect(Collectors.joining(" or "));
        return conflict(operation + ": VM " + name + " is " + status.label() + "; it has to be " + states);
    }

    private static Optional<Problem> conflict(String detail) {
        return Optional.of(Problem.of(Problem.Kind.CONFLICT, detail));
    }

    /** Whether a migration asks for what this host cannot do, whatever the VM's state; then it was told so. */
    static boolean refused(VmActor.Migrate request, VmRecord vm, NodeServices node) {
        Problem problem = impossible(request, vm, node);
        if (problem != null) {
            request.replyTo().tell(new VmActor.Rejected(problem));
        }
        return problem != null;
    }

    private static @Nullable Problem impossible(VmActor.Migrate request, VmRecord vm, NodeServices node) {
        if (request.target().equals(node.hostId())) {
            return Problem.of(
                    Problem.Kind.INVALID,
                    "target",
                    request.target(),
                    "another host",
                    "VM " + vm.spec().name() + " is already on host " + request.target());
        }
        return node.migration()
                .security()
                .refusal(node.migration().settings(request.parameters()).encryption());
    }
}
