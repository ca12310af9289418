package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.host.HostActor;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.control.ledger.VmRecord;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.convergence.ConvergencePolicy;
import io.godwit.migration.convergence.Forecast;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.migration.convergence.Plan;
import io.godwit.migration.dirtyrate.DirtyRate;
import io.godwit.vmm.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Plans a migration that is not begun: a forecast from what was measured, and the target's word on admission. */
public final class MigrationPlanner {
    private static final Duration ADMISSION_TIMEOUT = Duration.ofSeconds(5);

    private final NodeServices node;
    private final ActorSystem<?> system;

    public MigrationPlanner(NodeServices node, ActorSystem<?> system) {
        this.node = node;
        this.system = system;
    }

    /**
     * What is asked.
     *
     * @param running whether the VM runs: one that does not dirties nothing
     * @param refusals of this host's own
     */
    public record Question(
            VmRecord vm,
            Machine machine,
            String target,
            MigrationSettings settings,
            SkippedChecks skipped,
            boolean running,
            List<String> refusals) {}

    /** Never fails: a target that cannot be asked is one more refusal. */
    public CompletionStage<PlanView> plan(Question question, DirtyRate rate) {
        Plan plan = forecast(
                node.migration().experience(),
                question.machine().memory().layout().pageCount() << GuestLayout.PAGE_SHIFT,
                question.vm().spec().vcpus(),
                rate,
                question.settings());
        return admission(question).thenApply(reasons -> {
            List<String> refusals = new ArrayList<>(question.refusals());
            refusals.addAll(reasons);
            return view(question, rate, plan, refusals);
        });
    }

    /** The forecast alone. */
    public static Plan forecast(
            HostExperience host, long memoryBytes, int vcpus, DirtyRate rate, MigrationSettings settings) {
        long zeroBytes = Math.min(rate.zeroBytes(), memoryBytes);
        Forecast.Start start = new Forecast.Start(
                memoryBytes,
                memoryBytes - zeroBytes,
                zeroBytes,
                vcpus,
                rate.curve(),
                host.bytesPerSecond(),
                Forecast.Overheads.of(host));
        return Forecast.of(start, settings, ConvergencePolicy.DEFAULT);
    }

    private CompletionStage<List<String>> admission(Question question) {
        Manifest manifest = new Manifest(
                UUID.randomUUID().toString(),
                question.vm(),
                question.running(),
                question.machine().profile(),
                node.facts(),
                question.settings(),
                question.skipped(),
                node.migration().protocol().oldest(),
                node.migration().protocol().newest(),
                null);
        return node.hosts()
                .find(question.target())
                .thenCompose(host -> host.isEmpty()
                        ? CompletableFuture.completedStage(
                                List.of("host " + question.target() + " is not in the cluster"))
                        : AskPattern.<HostActor.Command, HostActor.AdmissionChecked>ask(
                                        host.get(),
                                        replyTo -> new HostActor.CheckAdmission(manifest, replyTo),
                                        ADMISSION_TIMEOUT,
                                        system.scheduler())
                                .thenApply(HostActor.AdmissionChecked::refusals))
                .exceptionally(failure -> List.of("host " + question.target() + " did not answer within "
                        + ADMISSION_TIMEOUT.toSeconds() + " s whether it would take the VM"));
    }

    private PlanView view(Question question, DirtyRate rate, Plan plan, List<String> refusals) {
        HostExperience host = node.migration().experience();
        double workingSet = rate.curve().workingSetBytes();
        return new PlanView(
                question.vm().id(),
                question.vm().spec().name(),
                node.hostId(),
                question.target(),
                refusals,
                plan.converges(),
                plan.reason(),
                plan.rounds(),
                plan.totalMs(),
                plan.downtimeMs(),
                plan.transferredBytes(),
                plan.throttlePercent(),
                Math.round(rate.curve().bytesPerSecond()),
                Double.isInfinite(workingSet) ? -1 : Math.round(workingSet),
                rate.zeroBytes(),
                Math.round(host.bytesPerSecond()),
                host.isBandwidthKnown());
    }
}
