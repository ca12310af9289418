package io.godwit.actors.directory;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** What a host asks of the ledger about its own VMs, as stages that end with the new record or a problem. */
public final class Ownership {
    /** Longer than the ledger's own patience, so that its reason is what the operator reads. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final ActorRef<DirectoryActor.Command> directory;
    private final ActorSystem<?> system;
    private final HostIdentity self;

    public Ownership(ActorRef<DirectoryActor.Command> directory, ActorSystem<?> system, HostIdentity self) {
        this.directory = directory;
        this.system = system;
        this.self = self;
    }

    public HostIdentity self() {
        return self;
    }

    public CompletionStage<List<VmRecord>> list() {
        return this.<DirectoryActor.Reply>ask(DirectoryActor.ListVms::new).thenApply(reply -> {
            if (reply instanceof DirectoryActor.Listed listed) {
                return listed.vms();
            }
            throw unexpected(reply);
        });
    }

    public CompletionStage<Optional<VmRecord>> find(String vmId) {
        return this.<DirectoryActor.Reply>ask(replyTo -> new DirectoryActor.Find(vmId, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof DirectoryActor.Found found) {
                        return found.vm();
                    }
                    throw unexpected(reply);
                });
    }

    /** Records a new VM of this host's, with what is desired of it and whether it runs only under the host's permit. */
    public CompletionStage<VmRecord> define(String vmId, VmSpec spec, DesiredState desired, boolean guarded) {
        return record(new LedgerCommand.Define(requestId(), vmId, spec, self, desired, guarded));
    }

    /** Records what the operator wants; under this JVM's incarnation, which takes the VM over from an earlier one. */
    public CompletionStage<VmRecord> desire(VmRecord vm, DesiredState desired) {
        return reclaimed(vm)
                .thenCompose(mine ->
                        record(new LedgerCommand.SetDesired(requestId(), mine.id(), self, mine.epoch(), desired)));
    }

    /** Records what devices a VM has from now on. */
    public CompletionStage<VmRecord> changeDevices(VmRecord vm, VmSpec after) {
        return reclaimed(vm)
                .thenCompose(mine -> record(new LedgerCommand.ChangeDevices(
                        requestId(), mine.id(), self, mine.epoch(), mine.spec(), after)));
    }

    /** Whether the VM runs only under this host's permit, so that another may claim it when that is over. */
    public CompletionStage<VmRecord> guard(VmRecord vm, boolean guarded) {
        return record(new LedgerCommand.SetGuarded(requestId(), vm.id(), self, vm.epoch(), guarded));
    }

    public CompletionStage<LedgerAnswer> delete(VmRecord vm) {
        return reclaimed(vm)
                .thenCompose(mine -> submit(new LedgerCommand.Delete(requestId(), mine.id(), self, mine.epoch())))
                .thenApply(Ownership::applied);
    }

    /** What is set about the migrations of all VMs. */
    public CompletionStage<MigrationParameters> clusterParameters() {
        return this.<DirectoryActor.Reply>ask(DirectoryActor.ReadParameters::new)
                .thenApply(reply -> {
                    if (reply instanceof DirectoryActor.ParametersRead read) {
                        return read.parameters();
                    }
                    throw unexpected(reply);
                });
    }

    public CompletionStage<LedgerAnswer> changeClusterParameters(ParametersChange change) {
        return submit(new LedgerCommand.ChangeClusterParameters(requestId(), change))
                .thenApply(Ownership::applied);
    }

    /** Hosts that are not merely active, and those that could be restored. */
    public CompletionStage<List<HostMaintenance>> maintenance() {
        return this.<DirectoryActor.Reply>ask(DirectoryActor.ReadMaintenance::new)
                .thenApply(reply -> {
                    if (reply instanceof DirectoryActor.MaintenanceRead read) {
                        return read.hosts();
                    }
                    throw unexpected(reply);
                });
    }

    /** Records a step of a host's maintenance. */
    public CompletionStage<Void> maintain(LedgerCommand command) {
        return submit(command).thenApply(Ownership::applied).thenAccept(answer -> {});
    }

    /** Any host may: what is set about a VM's migrations is the operator's, not the owner's. */
    public CompletionStage<VmRecord> changeParameters(String vmId, ParametersChange change) {
        return record(new LedgerCommand.ChangeVmParameters(requestId(), vmId, change));
    }

    /** Has a migration decided; any answer will do, the record says the rest. */
    public CompletionStage<LedgerAnswer> settle(LedgerCommand command) {
        return submit(command);
    }

    /** Takes a VM from a host that is silent. Ends with why this host has it not, empty if it has; does not fail. */
    public CompletionStage<String> claim(LedgerCommand.Claim claim) {
        if (!claim.owner().equals(self)) {
            return CompletableFuture.completedStage("host \"" + self.hostId() + "\" has begun anew meanwhile");
        }
        return submit(claim).handle((answer, failure) -> {
            if (failure != null) {
                return ProblemException.problemOf(failure).detail();
            } else if (answer instanceof LedgerAnswer.NotYet notYet) {
                return notYet.reason();
            } else if (answer instanceof LedgerAnswer.Refused refused) {
                return refused.reason();
            }
            return "";
        });
    }

    /** An operator's word that a life of a host is over. */
    public CompletionStage<LedgerAnswer> confirmDead(HostIdentity host) {
        return submit(new LedgerCommand.ConfirmDead(requestId(), host)).thenApply(Ownership::applied);
    }

    /** An operator's word that a host is gone for good, and its state directory with it. */
    public CompletionStage<Void> releaseName(String hostId) {
        return submit(new LedgerCommand.ReleaseName(requestId(), hostId))
                .thenApply(Ownership::applied)
                .thenAccept(answer -> {});
    }

    /** Whether a host's VMs are started elsewhere when it is down. */
    public CompletionStage<LedgerAnswer> setAutoMigrate(String requestId, String hostId, boolean on) {
        return submit(new LedgerCommand.SetAutoMigrate(requestId, hostId, on)).thenApply(Ownership::applied);
    }

    /** Records what the rebalancer may do, or a step of a move for balance. Any host may. */
    public CompletionStage<Void> rebalance(LedgerCommand command) {
        return submit(command).thenApply(Ownership::applied).thenAccept(answer -> {});
    }

    /** The VM as this life of the host owns it. */
    public CompletionStage<VmRecord> reclaimed(VmRecord vm) {
        if (vm.owner().equals(self)) {
            return CompletableFuture.completedStage(vm);
        }
        return record(new LedgerCommand.Reclaim(requestId(), vm.id(), vm.owner(), vm.epoch(), self));
    }

    private CompletionStage<VmRecord> record(LedgerCommand command) {
        return submit(command).thenApply(answer -> {
            if (applied(answer) instanceof LedgerAnswer.Applied done && done.vm() != null) {
                return done.vm();
            }
            throw new ProblemException(Problem.of(Problem.Kind.CONFLICT, "the VM is gone"));
        });
    }

    private CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
        return this.<DirectoryActor.Reply>ask(replyTo -> new DirectoryActor.Submit(command, replyTo))
                .thenApply(reply -> {
                    if (reply instanceof DirectoryActor.Answered answered) {
                        return answered.answer();
                    }
                    throw unexpected(reply);
                });
    }

    private static LedgerAnswer applied(LedgerAnswer answer) {
        if (answer instanceof LedgerAnswer.Refused refused) {
            throw new ProblemException(Problem.of(Problem.Kind.CONFLICT, refused.reason()));
        }
        if (answer instanceof LedgerAnswer.NotYet notYet) {
            throw new ProblemException(Problem.of(Problem.Kind.UNAVAILABLE, notYet.reason()));
        }
        return answer;
    }

    private static ProblemException unexpected(DirectoryActor.Reply reply) {
        String reason = reply instanceof DirectoryActor.Unavailable unavailable
                ? unavailable.reason()
                : "the directory answered " + reply;
        return new ProblemException(Problem.of(Problem.Kind.UNAVAILABLE, reason));
    }

    private <R> CompletionStage<R> ask(
            org.apache.pekko.japi.function.Function<ActorRef<R>, DirectoryActor.Command> message) {
        return AskPattern.ask(directory, message, TIMEOUT, system.scheduler());
    }

    public static String requestId() {
        return UUID.randomUUID().toString();
    }
}
