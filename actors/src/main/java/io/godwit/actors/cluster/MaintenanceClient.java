package io.godwit.actors.cluster;

import io.godwit.actors.host.HostActor;
import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.maintenance.MaintenanceActor;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The maintenance of all hosts: each asks the host that it is about. */
final class MaintenanceClient implements Maintenance {
    /** The ledger's answer is waited for. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);

    private static final Duration VIEW_TIMEOUT = Duration.ofSeconds(2);

    private final ActorSystem<?> system;
    private final HostRegistry hosts;

    MaintenanceClient(ActorSystem<?> system, HostRegistry hosts) {
        this.system = system;
        this.hosts = hosts;
    }

    @Override
    public CompletionStage<MaintenanceView> drain(String host, int concurrency) {
        return one(host, replyTo -> new MaintenanceActor.Begin(false, concurrency, replyTo));
    }

    @Override
    public CompletionStage<MaintenanceView> restore(String host, int concurrency) {
        return one(host, replyTo -> new MaintenanceActor.Begin(true, concurrency, replyTo));
    }

    @Override
    public CompletionStage<List<MaintenanceView>> list() {
        return hosts.list().thenCompose(all -> {
            CompletionStage<List<MaintenanceView>> views = CompletableFuture.completedStage(new ArrayList<>());
            for (HostRegistry.Host host : all.values()) {
                if (host.actor().isPresent()) {
                    CompletionStage<MaintenanceActor.Answer> answer = ask(
                                    host.actor().get(), MaintenanceActor.Describe::new, VIEW_TIMEOUT)
                            .exceptionally(silent -> new MaintenanceActor.Operations(List.of()));
                    views = views.thenCombine(answer, MaintenanceClient::collect);
                }
            }
            return views.thenApply(list -> list.stream()
                    .sorted(Comparator.comparingLong(MaintenanceView::startedAtEpochMs)
                            .reversed())
                    .toList());
        });
    }

    private static List<MaintenanceView> collect(List<MaintenanceView> views, MaintenanceActor.Answer answer) {
        if (answer instanceof MaintenanceActor.Operations operations) {
            views.addAll(operations.operations());
        }
        return views;
    }

    @Override
    public CompletionStage<MaintenanceView> find(String id) {
        return list().thenApply(all -> all.stream()
                .filter(view -> view.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new ProblemException(Problem.of(
                        Problem.Kind.NOT_FOUND,
                        "drain",
                        id,
                        "the id of a drain or restore",
                        "there is no drain or restore \"" + id + "\" on any host that can be reached"))));
    }

    @Override
    public CompletionStage<MaintenanceView> cancel(String id, boolean finishRunning) {
        return find(id).thenCompose(
                        found -> one(found.host(), replyTo -> new MaintenanceActor.Cancel(id, finishRunning, replyTo)));
    }

    @Override
    public CompletionStage<Optional<MaintenanceView>> leave(String host, Duration limit) {
        return operations(host, MaintenanceActor.Leave::new, limit, "was not drained")
                .thenApply(operations -> operations.stream().findFirst());
    }

    private CompletionStage<MaintenanceView> one(
            String host, Function<ActorRef<MaintenanceActor.Answer>, MaintenanceActor.Request> request) {
        return operations(host, request, REQUEST_TIMEOUT, "did not answer").thenApply(operations -> operations.get(0));
    }

    private CompletionStage<List<MaintenanceView>> operations(
            String host,
            Function<ActorRef<MaintenanceActor.Answer>, MaintenanceActor.Request> request,
            Duration timeout,
            String late) {
        return hosts.list()
                .thenCompose(all -> ask(actor(host, all), request, timeout)
                        .exceptionallyCompose(failure -> CompletableFuture.failedStage(inTime(
                                failure, "host " + host + " " + late + " within " + timeout.toSeconds() + " s"))))
                .thenApply(answer -> {
                    if (answer instanceof MaintenanceActor.Rejected rejected) {
                        throw new ProblemException(rejected.problem());
                    }
                    return ((MaintenanceActor.Operations) answer).operations();
                });
    }

    private static ActorRef<HostActor.Command> actor(String host, Map<String, HostRegistry.Host> all) {
        HostRegistry.Host found = all.get(host);
        if (found == null) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.NOT_FOUND,
                    "host",
                    host,
                    "one of " + String.join(", ", all.keySet()),
                    "there is no host \"" + host + "\"; the hosts are " + String.join(", ", all.keySet())));
        }
        return found.actor()
                .orElseThrow(() -> new ProblemException(Problem.of(
                        Problem.Kind.UNAVAILABLE, "host " + host + " is " + found.state() + " and cannot be asked")));
    }

    private static Throwable inTime(Throwable failure, String late) {
        return failure instanceof TimeoutException
                ? new ProblemException(Problem.of(Problem.Kind.UNAVAILABLE, late))
                : failure;
    }

    private CompletionStage<MaintenanceActor.Answer> ask(
            ActorRef<HostActor.Command> host,
            Function<ActorRef<MaintenanceActor.Answer>, MaintenanceActor.Request> request,
            Duration timeout) {
        return AskPattern.ask(
                host, replyTo -> new HostActor.ToMaintenance(request.apply(replyTo)), timeout, system.scheduler());
    }
}
