package io.godwit.actors.rebalance;

import io.godwit.actors.directory.Ownership;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.RebalancerMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/** The rebalancer as any host's gateway sees it: all voters' actors are asked, and the leader's answer counts. */
public final class RebalanceClient implements Rebalancing {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** Two looks and a plan. */
    private static final Duration PLAN_PATIENCE = Duration.ofSeconds(30);

    private final ActorSystem<?> system;
    private final Ownership ledger;

    public RebalanceClient(ActorSystem<?> system, Ownership ledger) {
        this.system = system;
        this.ledger = ledger;
    }

    @Override
    public CompletionStage<RebalancerView> status() {
        return leader(RebalanceActor.Describe::new, PATIENCE);
    }

    @Override
    public CompletionStage<RebalancerView> rebalance(boolean dryRun) {
        return leader(replyTo -> new RebalanceActor.Rebalance(dryRun, replyTo), PLAN_PATIENCE);
    }

    @Override
    public CompletionStage<RebalancerView> setMode(RebalancerMode mode) {
        return ledger.rebalance(new LedgerCommand.SetRebalancer(Ownership.requestId(), mode))
                .thenCompose(set -> status());
    }

    private CompletionStage<RebalancerView> leader(
            Function<ActorRef<RebalancerView>, RebalanceActor.Command> question, Duration patience) {
        return AskPattern.<Receptionist.Command, Receptionist.Listing>ask(
                        system.receptionist(),
                        replyTo -> Receptionist.find(RebalanceActor.KEY, replyTo),
                        PATIENCE,
                        system.scheduler())
                .thenCompose(listing -> {
                    List<CompletableFuture<Optional<RebalancerView>>> answers =
                            listing.getServiceInstances(RebalanceActor.KEY).stream()
                                    .map(voter -> ask(voter, question, patience))
                                    .toList();
                    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                            .thenApply(done -> answers.stream()
                                    .flatMap(answer -> answer.join().stream())
                                    .filter(RebalancerView::leads)
                                    .findFirst()
                                    .orElseThrow(() -> new ProblemException(Problem.of(
                                            Problem.Kind.UNAVAILABLE,
                                            "no host whose voter leads the ledger answers just now"))));
                });
    }

    private CompletableFuture<Optional<RebalancerView>> ask(
            ActorRef<RebalanceActor.Command> voter,
            Function<ActorRef<RebalancerView>, RebalanceActor.Command> question,
            Duration patience) {
        return AskPattern.<RebalanceActor.Command, RebalancerView>ask(
                        voter, question::apply, patience, system.scheduler())
                .handle((answer, failure) -> Optional.ofNullable(answer))
                .toCompletableFuture();
    }
}
