package io.godwit.actors.voters;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.ledger.LedgerLevels;
import io.godwit.actors.ledger.LedgerLevels.Speaker;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Raises the ledger's level when every host speaks the next: asks the voters over their own lines, the hosts as members. */
final class LedgerUpgrade {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final ActorSystem<?> system;
    private final VoterServices services;
    private final HostRegistry hosts;

    LedgerUpgrade(ActorSystem<?> system, VoterServices services, HostRegistry hosts) {
        this.system = system;
        this.services = services;
        this.hosts = hosts;
    }

    /** What the voters and the members of the cluster speak; never fails. */
    CompletionStage<LedgerLevels> levels() {
        return services.probe().levels().thenCombine(members(), LedgerLevels::with);
    }

    private CompletionStage<Map<String, Speaker>> members() {
        return hosts.list()
                .thenCompose(all -> {
                    Map<String, CompletableFuture<Speaker>> asked = new TreeMap<>();
                    all.values().forEach(host -> asked.put(host.id(), ask(host).toCompletableFuture()));
                    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
                            .thenApply(done -> asked.entrySet().stream()
                                    .collect(Collectors.toMap(
                                            Map.Entry::getKey,
                                            entry -> entry.getValue().join())));
                })
                .exceptionally(unknown -> Map.of());
    }

    private CompletionStage<Speaker> ask(HostRegistry.Host host) {
        if (!host.state().equals("up")) {
            return CompletableFuture.completedStage(Speaker.unknown("the host is " + host.state()));
        }
        return hosts.find(host.id(), VotersActor.KEY)
                .thenCompose(door -> door.isEmpty()
                        ? CompletableFuture.completedStage(Speaker.unknown("the host is not ready yet"))
                        : ask(door.get()))
                .exceptionally(failure -> Speaker.unknown(String.valueOf(failure.getMessage())));
    }

    /** One that is up, and whose actor is known, is older than the question where it does not answer it. */
    private CompletionStage<Speaker> ask(ActorRef<VotersActor.Command> door) {
        return AskPattern.<VotersActor.Command, VotersActor.Speaks>ask(
                        door, VotersActor.AskLevel::new, PATIENCE, system.scheduler())
                .thenApply(answer -> Speaker.of(answer.level(), answer.detail()))
                .exceptionally(silent -> Speaker.FIRST);
    }

    /** As far as this host's build speaks, level by level. */
    CompletionStage<Void> upgrade() {
        int target = services.seat().spoken();
        return services.ledger().snapshot().thenCombine(levels(), Map::entry).thenCompose(seen -> {
            LedgerSnapshot ledger = seen.getKey();
            List<String> objections = seen.getValue().with(named(ledger)).objections(target);
            if (!objections.isEmpty()) {
                throw new ProblemException(Problem.refused("the ledger is not raised to level " + target, objections));
            }
            return raise(ledger.level() + 1, target);
        });
    }

    /** Hosts that the ledger knows by name; those that are members have answered for themselves. */
    private static Map<String, Speaker> named(LedgerSnapshot ledger) {
        return ledger.names().stream()
                .collect(Collectors.toMap(
                        LedgerSnapshot.HostName::hostId,
                        name -> Speaker.unknown("it is no member of the cluster now")));
    }

    private CompletionStage<Void> raise(int level, int target) {
        if (level > target) {
            return CompletableFuture.completedStage(null);
        }
        LedgerCommand raise = new LedgerCommand.RaiseLevel("raise/" + UUID.randomUUID(), level);
        return services.ledger().submit(raise).thenCompose(answer -> {
            if (answer instanceof LedgerAnswer.Refused refused) {
                throw new ProblemException(Problem.of(Problem.Kind.CONFLICT, refused.reason()));
            }
            return raise(level + 1, target);
        });
    }
}
