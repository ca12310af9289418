package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationSettings;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
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

    static VmStatus[] allowing(PowerRequest request) {
        return request instanceof PowerRequest.RenewGeneration
                ? new VmStatus[] {VmStatus.RUNNING, VmStatus.PAUSED}
                : new VmStatus[] {VmStatus.RUNNING};
    }

    /** Whether the VM was to run in an earlier life of its host. */
    static boolean lostItsMemory(VmRecord vm, HostIdentity self) {
        return !vm.owner().equals(self) && vm.desired() != DesiredState.STOPPED;
    }

    /** A machine runs while any of its vCPUs may run guest code. */
    static VmStatus seen(Machine machine) {
        return machine.vcpus().stream().allMatch(Vcpu::isPaused) ? VmStatus.PAUSED : VmStatus.RUNNING;
    }

    /** What a VM is after an operation that failed: where that paused or resumed it, the machine knows how far it got. */
    static VmStatus afterFailure(VmStatus expected, @Nullable VaultedMachine machine) {
        return expected == VmStatus.PAUSED && machine != null ? seen(machine.machine()) : expected;
    }

    /**
     * Why an operation cannot begin now; empty when it can.
     *
     * @param underWay the operation that is, if any
     */
    static Optional<Problem> refusal(
            String operation, VmRecord vm, VmStatus status, @Nullable Operation underWay, VmStatus... allowed) {
        String name = vm.spec().name();
        List<String> reasons = new ArrayList<>();
        if (underWay != null) {
            reasons.add("VM " + name + " is busy with " + underWay.name());
        }
        // What is under way explains a state in passing, such as incoming or starting.
        boolean fits = List.of(allowed).contains(status);
        if (!fits && (underWay == null || !status.isPassing())) {
            String states = Arrays.stream(allowed).map(VmStatus::label).collect(Collectors.joining(" or "));
            reasons.add("VM " + name + " is " + status.label() + "; it has to be " + states);
        }
        return reasons.isEmpty() ? Optional.empty() : Optional.of(Problem.refused(operation, reasons));
    }

    static void reject(ActorRef<VmActor.Answer> replyTo, String detail) {
        replyTo.tell(new VmActor.Rejected(Problem.of(Problem.Kind.CONFLICT, detail)));
    }

    /** Whether a migration asks for what cannot be done here, whatever the VM's state; then it was told so. */
    static boolean refused(VmActor.Migrate request, VmRecord vm, NodeServices node) {
        List<Problem> problems =
                impossible(vm, request.target(), node.migration().settings(request.parameters()), node);
        if (!problems.isEmpty()) {
            request.replyTo().tell(new VmActor.Rejected(problems.get(0)));
        }
        return !problems.isEmpty();
    }

    /** The same of one that is to move while it is off: what is wanted of it has to be that, too. */
    static boolean refused(VmActor.MigrateCold request, VmRecord vm, NodeServices node) {
        String name = vm.spec().name();
        if (request.target().equals(node.hostId())) {
            request.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.INVALID,
                            "target",
                            request.target(),
                            "another host",
                            "VM " + name + " is already on host " + request.target())));
            return true;
        } else if (vm.desired() != DesiredState.STOPPED) {
            reject(
                    request.replyTo(),
                    "VM " + name + " is to be " + vm.desired() + "; only one that was stopped is moved cold");
            return true;
        }
        return false;
    }

    /** Every reason why a VM cannot be asked to move there like that, whatever its state. */
    static List<Problem> impossible(VmRecord vm, String target, MigrationSettings settings, NodeServices node) {
        List<Problem> problems = new ArrayList<>();
        if (target.equals(node.hostId())) {
            problems.add(Problem.of(
                    Problem.Kind.INVALID,
                    "target",
                    target,
                    "another host",
                    "VM " + vm.spec().name() + " is already on host " + target));
        }
        Problem unsealed = node.migration().security().refusal(settings.encryption());
        if (unsealed != null) {
            problems.add(unsealed);
        }
        long limit = settings.throttle().vcpuDirtyBytesPerSecond();
        if (limit > 0 && vm.spec().dirtyLog() != DirtyLogKind.RING) {
            problems.add(Problem.of(
                    Problem.Kind.INVALID,
                    "vcpu-dirty-limit",
                    limit,
                    "unlimited, or a VM that was defined with the dirty ring",
                    "vcpu-dirty-limit: VM " + vm.spec().name()
                            + " logs dirty pages in a bitmap, which does not tell its vCPUs apart"));
        }
        return problems;
    }
}
