package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.MigrationPlanner;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.ledger.VmRecord;
import io.godwit.migration.convergence.Plan;
import io.godwit.migration.dirtyrate.DirtyRate;
import io.godwit.migration.dirtyrate.DirtyRateMeasurement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** What a VM's actor answers about moves that have not begun: dirty rates and plans. Used by its thread only. */
final class VmForecasts {
    /** What a plan watches the guest for, where nobody has lately. */
    private static final Duration PLAN_WATCH = Duration.ofSeconds(1);

    private static final Duration FRESH_FOR_A_PLAN = Duration.ofSeconds(10);

    /** What a guest did longer ago tells little of what it will do. */
    private static final Duration FRESH_FOR_A_PREDICTION = Duration.ofMinutes(10);

    private final NodeServices node;
    private final MigrationPlanner planner;
    private final VmDirtyRate rate = new VmDirtyRate();

    VmForecasts(NodeServices node, ActorSystem<?> system) {
        this.node = node;
        this.planner = new MigrationPlanner(node, system);
    }

    /** @param busyWith the operation under way, or null */
    void answer(
            ForecastRequest request,
            VmRecord vm,
            VmStatus status,
            @Nullable VaultedMachine machine,
            @Nullable Operation busyWith) {
        if (request instanceof ForecastRequest.MeasureDirtyRate measure) {
            measure(measure, vm, status, machine);
        } else if (request instanceof ForecastRequest.PlanMigration plan) {
            plan(plan, vm, status, machine, busyWith);
        } else {
            describe(request.replyTo(), vm);
        }
    }

    private void measure(
            ForecastRequest.MeasureDirtyRate request, VmRecord vm, VmStatus status, @Nullable VaultedMachine machine) {
        long shortest = DirtyRateMeasurement.SHORTEST.toMillis();
        long longest = DirtyRateMeasurement.LONGEST.toMillis();
        if (request.durationMs() < shortest || request.durationMs() > longest) {
            refuse(
                    request.replyTo(),
                    Problem.of(
                            Problem.Kind.INVALID,
                            "durationMs",
                            request.durationMs(),
                            shortest + " to " + longest,
                            "a dirty rate is measured over " + shortest + " to " + longest + " ms, not over "
                                    + request.durationMs()));
        } else if (machine == null) {
            refuse(request.replyTo(), noMachine(vm, status, "dirties nothing"));
        } else if (rate.isMeasuring()) {
            refuse(
                    request.replyTo(),
                    Problem.of(
                            Problem.Kind.CONFLICT,
                            "the dirty rate of VM " + vm.spec().name() + " is being measured already"));
        } else {
            rate.measure(machine, Duration.ofMillis(request.durationMs()));
            describe(request.replyTo(), vm);
        }
    }

    private void describe(ActorRef<VmActor.Answer> replyTo, VmRecord vm) {
        replyTo.tell(new VmActor.DirtyRateKnown(rate.view(vm.id())));
    }

    private void plan(
            ForecastRequest.PlanMigration request,
            VmRecord vm,
            VmStatus status,
            @Nullable VaultedMachine machine,
            @Nullable Operation busyWith) {
        if (machine == null || (status != VmStatus.RUNNING && status != VmStatus.PAUSED)) {
            refuse(request.replyTo(), noMachine(vm, status, "cannot move live"));
            return;
        }
        MigrationSettings settings = node.migration().settings(request.parameters());
        List<String> refusals = new ArrayList<>();
        if (busyWith != null) {
            refusals.add("VM " + vm.spec().name() + " is busy with " + busyWith.name());
        }
        VmRules.impossible(vm, request.target(), settings, node).forEach(problem -> refusals.add(problem.detail()));
        MigrationPlanner.Question question = new MigrationPlanner.Question(
                vm,
                machine.machine(),
                request.target(),
                settings,
                request.skipped(),
                status == VmStatus.RUNNING,
                refusals);
        ActorRef<VmActor.Answer> replyTo = request.replyTo();
        rate.freshOrMeasured(machine, FRESH_FOR_A_PLAN, PLAN_WATCH)
                .thenCompose(known -> planner.plan(question, known))
                .whenComplete((plan, failure) -> replyTo.tell(
                        failure == null
                                ? new VmActor.Planned(plan)
                                : new VmActor.Rejected(ProblemException.problemOf(failure))));
    }

    /** What a migration that begins now is expected to be like; null where nobody has watched the guest lately. */
    @Nullable
    Plan expectation(VmRecord vm, MigrationParameters parameters) {
        MigrationSettings settings = node.migration().settings(parameters);
        Optional<DirtyRate> known = rate.fresh(FRESH_FOR_A_PREDICTION);
        return known.map(measured -> MigrationPlanner.forecast(
                        node.migration().experience(),
                        vm.spec().memoryBytes(),
                        vm.spec().vcpus(),
                        measured,
                        settings))
                .orElse(null);
    }

    /** The machine goes. */
    void end() {
        rate.end();
    }

    private static Problem noMachine(VmRecord vm, VmStatus status, String so) {
        return Problem.of(Problem.Kind.CONFLICT, "VM " + vm.spec().name() + " is " + status.label() + " and " + so);
    }

    private static void refuse(ActorRef<VmActor.Answer> replyTo, Problem problem) {
        replyTo.tell(new VmActor.Rejected(problem));
    }
}
