package io.godwit.node.http;

import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.maintenance.VmMoveView;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** One drain {@code d-1} of host {@code alpha}; keeps what it was asked. */
public final class FakeMaintenance implements Maintenance {
    public final List<String> asked = new CopyOnWriteArrayList<>();

    private static MaintenanceView view(String kind, String state) {
        return new MaintenanceView(
                "d-1",
                "alpha",
                kind,
                state,
                2,
                0,
                List.of(new VmMoveView(FakeCluster.VM_ID, "db", "moving", "beta", "m-1", "")));
    }

    private CompletionStage<MaintenanceView> answer(String question, String kind, String state) {
        asked.add(question);
        return CompletableFuture.completedStage(view(kind, state));
    }

    @Override
    public CompletionStage<MaintenanceView> drain(String host, int concurrency) {
        return answer("drain " + host + " " + concurrency, "drain", "active");
    }

    @Override
    public CompletionStage<MaintenanceView> restore(String host, int concurrency) {
        return answer("restore " + host + " " + concurrency, "restore", "active");
    }

    @Override
    public CompletionStage<List<MaintenanceView>> list() {
        return CompletableFuture.completedStage(List.of(view("drain", "active")));
    }

    @Override
    public CompletionStage<MaintenanceView> find(String id) {
        return id.equals("d-1")
                ? CompletableFuture.completedStage(view("drain", "active"))
                : CompletableFuture.failedStage(
                        new ProblemException(Problem.of(Problem.Kind.NOT_FOUND, "there is no drain \"" + id + "\"")));
    }

    @Override
    public CompletionStage<MaintenanceView> cancel(String id, boolean finishRunning) {
        return answer("cancel " + id + " " + finishRunning, "drain", "cancelling");
    }

    @Override
    public CompletionStage<Optional<MaintenanceView>> leave(String host, Duration limit) {
        return answer("leave " + host, "drain", "completed").thenApply(Optional::of);
    }
}
