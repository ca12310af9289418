package io.godwit.actors.voters;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.ledger.LedgerProbe;
import io.godwit.actors.ledger.LedgerSettings;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.RatisLedger;
import io.godwit.actors.ledger.RecoveryCase;
import io.godwit.actors.ledger.VoterChange;
import io.godwit.actors.ledger.VoterSeat;
import io.godwit.actors.ledger.VoterSet;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.HostPort;
import io.godwit.control.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** {@link LedgerOperations} from any host. */
public final class LedgerClient implements LedgerOperations {
    /** A voter that was there before may have to be stopped first. */
    private static final Duration JOIN_PATIENCE = Duration.ofSeconds(20);
    /** More make each change slower, and none safer that matters. */
    private static final int MAX_VOTERS = 5;

    private final ActorSystem<?> system;
    private final HostRegistry hosts;
    private final LedgerProbe probe;
    private final VoterChange change;
    private final RatisLedger ledger;
    private final VoterSeat seat;
    private final VoterServices services;
    private final LedgerRecovery recovery;
    private final LedgerUpgrade upgrade;

    public LedgerClient(ActorSystem<?> system, VoterServices services) {
        this.system = system;
        this.hosts = new HostRegistry(system);
        this.probe = services.probe();
        this.change = services.change();
        this.ledger = services.ledger();
        this.seat = services.seat();
        this.services = services;
        this.recovery = new LedgerRecovery(services, hosts, this::status);
        this.upgrade = new LedgerUpgrade(system, services, hosts);
    }

    @Override
    public CompletionStage<LedgerStatus> status() {
        return probe.status()
                .thenCombine(upgrade.levels(), LedgerStatus::with)
                .thenApply(
                        status -> status.noting(Stream.concat(seat.notes().stream(), status.levels().notes().stream())
                                .toList()));
    }

    @Override
    public CompletionStage<LedgerStatus> upgrade() {
        return upgrade.upgrade().exceptionallyCompose(LedgerClient::failed).thenCompose(done -> status());
    }

    @Override
    public CompletionStage<LedgerFile> backup() {
        return ledger.backup()
                .exceptionallyCompose(LedgerClient::failed)
                .thenApply(
                        backup -> new LedgerFile(backup.term(), backup.index(), backup.file(services.clusterName())));
    }

    @Override
    public CompletionStage<LedgerStatus> restore(byte[] file) {
        return recovery.restore(file);
    }

    @Override
    public CompletionStage<LedgerStatus> replace(String out, String in, Optional<HostPort> address) {
        return out.equals(in) ? renew(out, address) : exchange(out, in, address);
    }

    private CompletionStage<LedgerStatus> exchange(String out, String in, Optional<HostPort> address) {
        return status().thenCompose(before -> {
            LedgerSettings.Voter old = check(before, out, in);
            return door(in, before.voters())
                    .thenCompose(door -> join(door, before.voters(), in, address, old.port()))
                    .thenCompose(voter ->
                            change.replace(before.voters(), out, voter).exceptionallyCompose(LedgerClient::failed))
                    .thenCompose(changed -> status());
        });
    }

    /**
     * A voter that has lost its part of the ledger is taken out first, by the others alone, so that what it forgot it
     * acknowledged is acknowledged by them; then it is as any new one.
     */
    private CompletionStage<LedgerStatus> renew(String id, Optional<HostPort> address) {
        return status().thenCompose(before -> {
            LedgerSettings.Voter old = check(before, id, id);
            HostPort at = new HostPort(old.host(), old.port());
            // Ratis (3.3.0) goes on dialling a voter where it was when it first heard of it.
            if (address.isPresent() && !address.get().equals(at)) {
                throw refused("address", address.get().toString(), "where " + id + " served before, " + at);
            }
            return door(id, before.voters())
                    .thenCompose(door -> change.remove(before.voters(), id).exceptionallyCompose(LedgerClient::failed))
                    .thenCompose(removed -> add(id, Optional.of(at)));
        });
    }

    @Override
    public CompletionStage<LedgerStatus> add(String in, Optional<HostPort> address) {
        return status().thenCompose(before -> {
            VoterSet voters = before.voters();
            checkNew("add", in, voters);
            checkQuorum("added", before);
            if (voters.voters().size() >= MAX_VOTERS) {
                throw refused("add", in, "no more than " + MAX_VOTERS + " voters; they are " + voters.ids());
            }
            int port = voters.voters().get(0).port();
            return door(in, voters)
                    .thenCompose(door -> join(door, voters, in, address, port))
                    .thenCompose(voter -> change.add(voters, voter).exceptionallyCompose(LedgerClient::failed))
                    .thenCompose(changed -> status());
        });
    }

    @Override
    public CompletionStage<RecoveryCase> recovery(String from) {
        return recovery.look(from);
    }

    @Override
    public CompletionStage<LedgerStatus> recover(String from, Set<String> lost, int generation) {
        return recovery.recover(from, lost, generation);
    }

    /** @return the voter that is to be replaced */
    private static LedgerSettings.Voter check(LedgerStatus before, String out, String in) {
        VoterSet voters = before.voters();
        if (voters.voter(out).isEmpty()) {
            throw refused("replace", out, "one of the ledger's voters, " + String.join(", ", voters.ids()));
        }
        boolean serves =
                before.states().stream().anyMatch(state -> state.voter().id().equals(in) && state.isReachable());
        if (serves || !in.equals(out)) {
            checkNew("with", in, voters);
        }
        checkQuorum("replaced", before);
        long left = before.states().stream()
                .filter(LedgerStatus.VoterState::isReachable)
                .filter(state -> !state.voter().id().equals(out))
                .count();
        if (2 * (left + 1) <= voters.voters().size()) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.CONFLICT,
                    "with " + in + " in the place of " + out + " there would be no majority: of " + voters.ids()
                            + " only "
                            + left + " beside " + out + " can be reached; bring one of "
                            + String.join(", ", before.missing()) + " back first"));
        }
        return voters.voter(out).orElseThrow();
    }

    private static void checkNew(String field, String in, VoterSet voters) {
        if (voters.voter(in).isPresent()) {
            throw refused(field, in, "a host that is up and no voter: " + in + " is one already");
        }
    }

    private static void checkQuorum(String done, LedgerStatus before) {
        if (!before.quorum()) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.UNAVAILABLE,
                    "no voter can be " + done + " without a quorum, " + before.detail() + "; out of reach: "
                            + String.join(", ", before.missing())));
        }
    }

    private CompletionStage<ActorRef<VotersActor.Command>> door(String in, VoterSet voters) {
        return hosts.list().thenCombine(hosts.find(in, VotersActor.KEY), (all, door) -> {
            if (!all.containsKey(in) || !all.get(in).state().equals("up") || door.isEmpty()) {
                String state = all.containsKey(in) ? "it is " + all.get(in).state() : "there is no host \"" + in + "\"";
                throw refused("with", in, "a host that is up and no voter (" + candidates(all, voters) + "); " + state);
            }
            return door.get();
        });
    }

    private static String candidates(Map<String, HostRegistry.Host> hosts, VoterSet voters) {
        Predicate<HostRegistry.Host> votes = host -> voters.voter(host.id()).isPresent();
        List<String> names = hosts.values().stream()
                .filter(host -> host.state().equals("up"))
                .filter(votes.negate())
                .map(HostRegistry.Host::id)
                .toList();
        return names.isEmpty() ? "there is none" : names.stream().collect(Collectors.joining(", "));
    }

    private CompletionStage<LedgerSettings.Voter> join(
            ActorRef<VotersActor.Command> door, VoterSet voters, String in, Optional<HostPort> address, int port) {
        // It serves the generation that it knows of.
        door.tell(new VotersActor.Known(voters));
        String host = address.map(HostPort::host).orElse("");
        int at = address.map(HostPort::port).orElse(port);
        return AskPattern.<VotersActor.Command, VotersActor.JoinAnswer>ask(
                        door, replyTo -> new VotersActor.Join(host, at, replyTo), JOIN_PATIENCE, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(
                        failure instanceof TimeoutException
                                ? new ProblemException(Problem.of(
                                        Problem.Kind.UNAVAILABLE,
                                        "host " + in + " did not answer within " + JOIN_PATIENCE.toSeconds()
                                                + " s; the voters are as they were"))
                                : failure))
                .thenApply(answer -> {
                    if (answer instanceof VotersActor.Joined joined) {
                        return joined.voter();
                    }
                    throw new ProblemException(((VotersActor.NotJoined) answer).problem());
                });
    }

    private static <T> CompletionStage<T> failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            return CompletableFuture.failedStage(new ProblemException(Problem.of(
                    Problem.Kind.UNAVAILABLE,
                    "the voters did not agree in time; the change may still come about: ask for the ledger's status")));
        }
        return CompletableFuture.failedStage(
                cause instanceof LedgerUnavailableException
                        ? new ProblemException(Problem.of(Problem.Kind.UNAVAILABLE, String.valueOf(cause.getMessage())))
                        : cause);
    }

    private static ProblemException refused(String field, String value, String accepted) {
        return new ProblemException(Problem.of(
                Problem.Kind.INVALID,
                field,
                value,
                accepted,
                field + ": \"" + value + "\" is not accepted; expected " + accepted));
    }
}
