package io.godwit.actors.voters;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.ledger.Generation;
import io.godwit.actors.ledger.LedgerServer;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.RecoveryCase;
import io.godwit.actors.ledger.VoterSet;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.BackupCodec;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.Restoration;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Makes the ledger anew of this host's copy where the majority of the voters is lost, or of a backup where it is empty. On the host itself: without a quorum
 * there may be no cluster to reach it over.
 */
final class LedgerRecovery {
    /** A single voter elects itself within a few election timeouts. */
    private static final int LOOKS = 8;

    private static final Executor SOON = CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);

    private final VoterServices services;
    private final HostRegistry hosts;
    private final Supplier<CompletionStage<LedgerStatus>> status;

    LedgerRecovery(VoterServices services, HostRegistry hosts, Supplier<CompletionStage<LedgerStatus>> status) {
        this.services = services;
        this.hosts = hosts;
        this.status = status;
    }

    /** What stands against it and what it may cost. Refused on another host than the one whose copy is meant. */
    CompletionStage<RecoveryCase> look(String from) {
        if (!services.hostId().equals(from)) {
            return CompletableFuture.failedFuture(new ProblemException(Problem.of(
                    Problem.Kind.INVALID,
                    "from",
                    from,
                    services.hostId(),
                    "from: \"" + from + "\" is not accepted by host " + services.hostId()
                            + ", which only has a copy of its" + " own; ask host " + from + " itself")));
        }
        CompletionStage<Set<String>> up = hosts.list().handle((all, failure) -> failure == null ? up(all) : Set.of());
        return status.get()
                .thenCombine(services.probe().copies(from), (now, others) -> Map.entry(now, others))
                .thenCombine(up, (seen, members) -> Map.entry(seen, members))
                .thenCombine(
                        services.seat().copy(),
                        (seen, copy) -> new RecoveryCase(
                                from,
                                seen.getKey().getKey().voters(),
                                seen.getKey().getKey().quorum(),
                                copy.last(),
                                services.seat()
                                        .roleInfo()
                                        .map(LedgerServer.RoleInfo::committedIndex)
                                        .orElse(-1L),
                                copy.writtenAt(),
                                copy.touched(),
                                copy.state().vms().size(),
                                seen.getKey().getValue(),
                                seen.getValue()))
                .exceptionallyCompose(LedgerRecovery::failed);
    }

    private static Set<String> up(Map<String, HostRegistry.Host> hosts) {
        return hosts.values().stream()
                .filter(host -> host.state().equals("up"))
                .map(HostRegistry.Host::id)
                .collect(Collectors.toSet());
    }

    /**
     * Refused while anything stands against it.
     *
     * @param generation the one that is seen to be lost
     */
    CompletionStage<LedgerStatus> recover(String from, Set<String> lost, int generation) {
        return look(from)
                .thenCompose(seen -> {
                    Generation present = seen.voters().generation();
                    if (present.number() != generation) {
                        throw new ProblemException(Problem.of(
                                Problem.Kind.CONFLICT,
                                "generation",
                                generation,
                                present.toString(),
                                "generation: " + generation + " is not accepted; the ledger is of generation "
                                        + present));
                    }
                    List<String> objections = seen.objections(lost);
                    if (!objections.isEmpty()) {
                        throw new ProblemException(
                                Problem.refused("the ledger is not made anew of host " + from + "'s copy", objections));
                    }
                    return services.seat().beginAnew(present);
                })
                .exceptionallyCompose(LedgerRecovery::failed)
                .thenCompose(begun -> awaitQuorum(LOOKS));
    }

    /** Only where this host is the only voter: nobody else can be writing to the ledger that the file replaces. */
    CompletionStage<LedgerStatus> restore(byte[] file) {
        String self = services.hostId();
        LedgerSnapshot backup;
        try {
            backup = BackupCodec.decode(file, services.clusterName()).snapshot();
        } catch (LedgerFormatException refused) {
            return CompletableFuture.failedFuture(
                    new ProblemException(Problem.of(Problem.Kind.INVALID, String.valueOf(refused.getMessage()))));
        }
        return status.get()
                .thenCompose(now -> {
                    VoterSet voters = now.voters();
                    if (!voters.ids().equals(List.of(self))) {
                        throw new ProblemException(Problem.of(
                                Problem.Kind.CONFLICT,
                                "the ledger's voters are " + String.join(", ", voters.ids()) + "; expected only " + self
                                        + ", which was asked: restore on a host that was started alone, then have others"
                                        + " vote with \"godwit ledger add\""));
                    }
                    return services.seat().copy().thenCompose(copy -> {
                        merged(copy.state(), backup, self);
                        return services.seat().beginAnew(voters.generation(), state -> merged(state, backup, self));
                    });
                })
                .exceptionallyCompose(LedgerRecovery::failed)
                .thenCompose(begun -> awaitQuorum(LOOKS));
    }

    private static LedgerSnapshot merged(LedgerSnapshot present, LedgerSnapshot backup, String self) {
        List<String> objections = Restoration.objections(present, self);
        if (!objections.isEmpty()) {
            throw new ProblemException(
                    Problem.refused("the ledger is not empty, and is not replaced by a backup", objections));
        }
        return Restoration.of(present, backup, self);
    }

    private CompletionStage<LedgerStatus> awaitQuorum(int looks) {
        return status.get()
                .thenCompose(now -> now.quorum() || looks == 1
                        ? CompletableFuture.completedFuture(now)
                        : CompletableFuture.supplyAsync(() -> looks - 1, SOON).thenCompose(this::awaitQuorum));
    }

    private static <T> CompletionStage<T> failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return CompletableFuture.failedStage(
                cause instanceof UncheckedIOException unusable
                        ? new ProblemException(Problem.of(Problem.Kind.CONFLICT, String.valueOf(unusable.getMessage())))
                        : cause);
    }
}
