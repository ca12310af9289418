package io.godwit.migration;

import io.godwit.config.InvalidValueException;
import io.godwit.config.MigrationSettings;
import io.godwit.migration.convergence.ConvergencePolicy;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.Machine;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.pekko.stream.Materializer;

/**
 * What the source half needs. {@link #of} gives defaults, the {@code with} methods change one of them.
 *
 * @param machine that runs here; remains the owner's, and open until the engine is closed
 * @param transport of this node
 * @param stream how to reach the target; its rate limit is taken from {@code settings} instead
 * @param settings the operator's limits at the start
 * @param policy how long to try
 * @param experience this node's, shared by its migrations, which add to it
 * @param materializer that runs the rounds
 * @param pauseDeadline how long {@link OutgoingListener#pauseMachine()} may take
 * @param nanoTime monotonic, like {@link System#nanoTime()}
 */
public record OutgoingContext(
        Machine machine,
        PageTransport transport,
        OutgoingSettings stream,
        MigrationSettings settings,
        ConvergencePolicy policy,
        HostExperience experience,
        Materializer materializer,
        OutgoingListener listener,
        Duration pauseDeadline,
        LongSupplier nanoTime) {
    private static final Duration DEFAULT_PAUSE_DEADLINE = Duration.ofSeconds(5);

    public OutgoingContext {
        if (pauseDeadline.isNegative() || pauseDeadline.isZero()) {
            throw new InvalidValueException("pauseDeadline", pauseDeadline, "more than 0");
        }
    }

    public static OutgoingContext of(
            Machine machine,
            PageTransport transport,
            OutgoingSettings stream,
            MigrationSettings settings,
            Materializer materializer,
            OutgoingListener listener) {
        return new OutgoingContext(
                machine,
                transport,
                stream,
                settings,
                ConvergencePolicy.DEFAULT,
                new HostExperience(),
                materializer,
                listener,
                DEFAULT_PAUSE_DEADLINE,
                System::nanoTime);
    }

    public OutgoingContext withPolicy(ConvergencePolicy newPolicy) {
        return new OutgoingContext(
                machine,
                transport,
                stream,
                settings,
                newPolicy,
                experience,
                materializer,
                listener,
                pauseDeadline,
                nanoTime);
    }

    public OutgoingContext withExperience(HostExperience known) {
        return new OutgoingContext(
                machine, transport, stream, settings, policy, known, materializer, listener, pauseDeadline, nanoTime);
    }

    public OutgoingContext withPauseDeadline(Duration deadline) {
        return new OutgoingContext(
                machine, transport, stream, settings, policy, experience, materializer, listener, deadline, nanoTime);
    }
}
