package io.godwit.migration;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VmSpec;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.migration.convergence.Prediction;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.Vcpu;
import java.time.Duration;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrates a small machine from this node to itself again and again at start-up, so that the first migration that
 * counts finds its classes loaded, its code compiled and Aeron's paths walked. Runs on a thread of its own for about as
 * long as it is given; a failure is logged and told, and changes nothing else.
 */
public final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final int MAX_MIGRATIONS = 40;

    private final PageTransport transport;
    private final Materializer materializer;
    private final MachineFactory factory;
    private final VmSpec spec;
    private final Duration budget;
    private final HostExperience experience = new HostExperience();

    private Rehearsal(
            PageTransport transport, Materializer materializer, MachineFactory factory, VmSpec spec, Duration budget) {
        this.transport = transport;
        this.materializer = materializer;
        this.factory = factory;
        this.spec = spec;
        this.budget = budget;
    }

    /**
     * What a rehearsal did.
     *
     * @param migrations completed, memory compared
     * @param firstBlackoutMs from the request to pause to readiness, of the first
     * @param lastBlackoutMs of the last
     * @param failure why it ended early; null if it did not
     */
    public record Outcome(
            int migrations,
            double firstBlackoutMs,
            double lastBlackoutMs,
            double totalMs,
            @Nullable String failure) {}

    /** A machine of 32 MiB that simulated machines understand; any file that exists will do as its kernel. */
    public static VmSpec defaultSpec() {
        return new VmSpec(
                "rehearsal",
                32L << 20,
                1,
                "/proc/self/exe",
                "fill=20 wss=8 rate=40",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>());
    }

    /**
     * Begins at once. The stage never completes exceptionally.
     *
     * @param factory makes the machines, both ends of them
     * @param spec of the machine; its kernel is booted once
     * @param budget time to spend; the last migration may end somewhat later
     */
    public static CompletionStage<Outcome> run(
            PageTransport transport, Materializer materializer, MachineFactory factory, VmSpec spec, Duration budget) {
        CompletableFuture<Outcome> done = new CompletableFuture<>();
        Rehearsal rehearsal = new Rehearsal(transport, materializer, factory, spec, budget);
        Thread thread = new Thread(() -> done.complete(rehearsal.run()), "godwit-rehearsal");
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private Outcome run() {
        long startNs = System.nanoTime();
        int migrations = 0;
        double first = 0;
        double last = 0;
        String failure = null;
        Machine machine = null;
        try {
            machine = factory.create(spec);
            machine.boot();
            resume(machine);
            long longestNs = 0;
            while (migrations < MAX_MIGRATIONS && System.nanoTime() - startNs + longestNs < budget.toNanos()) {
                long beganNs = System.nanoTime();
                Machine target = factory.create(spec);
                last = migrate(machine, target);
                machine = target;
                first = migrations == 0 ? last : first;
                migrations++;
                longestNs = Math.max(longestNs, System.nanoTime() - beganNs);
            }
        } catch (RuntimeException | Error e) {
            Throwable cause = Failures.unwrap(e);
            LOG.warn("rehearsal ended after {} migrations", migrations, cause);
            failure = Failures.reason(cause);
        } finally {
            if (machine != null) {
                machine.close();
            }
        }
        return new Outcome(migrations, first, last, (System.nanoTime() - startNs) / 1e6, failure);
    }

    /** Closes the machine that is not needed any more: the source, or the target if it went wrong. */
    private double migrate(Machine source, Machine target) {
        boolean moved = false;
        Stage stage = new Stage(source);
        UUID id = UUID.randomUUID();
        IncomingMigration incoming = new IncomingMigration(IncomingContext.of(
                target,
                transport,
                IncomingSettings.on(id, LOOPBACK)
                        .withLanes(MigrationSettings.DEFAULT.lanes().channels()),
                MigrationSettings.DEFAULT.verify(),
                stage));
        try {
            double blackoutMs = send(OutgoingSettings.to(id, await(incoming.endpoints())), stage, target, incoming);
            moved = true;
            return blackoutMs;
        } finally {
            incoming.close();
            await(incoming.closed());
            (moved ? source : target).close();
        }
    }

    private double send(OutgoingSettings stream, Stage stage, Machine target, IncomingMigration incoming) {
        OutgoingMigration outgoing = new OutgoingMigration(
                OutgoingContext.of(stage.source, transport, stream, MigrationSettings.DEFAULT, materializer, stage)
                        .withExperience(experience));
        try {
            stage.outgoing = outgoing;
            outgoing.start();
            double blackoutMs = rehearse(stage, outgoing, target);
            incoming.close();
            return blackoutMs;
        } finally {
            outgoing.close();
            await(outgoing.closed());
        }
    }

    private double rehearse(Stage stage, OutgoingMigration outgoing, Machine target) {
        IncomingSummary ready = await(stage.ready);
        SwitchoverSummary sent = await(stage.sent);
        double blackoutMs = (stage.readyNs - stage.pauseAskedNs) / 1e6;
        outgoing.observedBlackout(blackoutMs, sent);
        MemoryComparison comparison = await(outgoing.compare(Objects.requireNonNull(ready.digest())));
        if (!comparison.isEqual()) {
            throw new MigrationException(comparison.toString());
        }
        resume(target);
        return blackoutMs;
    }

    private void resume(Machine machine) {
        machine.vcpus().forEach(vcpu -> await(vcpu.resume()));
    }

    private <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(budget.toMillis() + 5_000, TimeUnit.MILLISECONDS)
                .join();
    }

    /** Owner of both halves. */
    private static final class Stage implements OutgoingListener, IncomingListener {
        final Machine source;
        final CompletableFuture<SwitchoverSummary> sent = new CompletableFuture<>();
        final CompletableFuture<IncomingSummary> ready = new CompletableFuture<>();
        volatile @Nullable OutgoingMigration outgoing;
        volatile long pauseAskedNs;
        volatile long readyNs;

        Stage(Machine source) {
            this.source = source;
        }

        @Override
        public void onConverged(Prediction prediction) {
            Objects.requireNonNull(outgoing).allowSwitchover();
        }

        @Override
        public CompletionStage<Void> pauseMachine() {
            pauseAskedNs = System.nanoTime();
            return all(source.vcpus().stream().map(Vcpu::pause))
                    .thenCompose(paused -> all(source.devices().stream().map(Device::quiesce)));
        }

        private static CompletableFuture<Void> all(Stream<CompletionStage<Void>> stages) {
            return CompletableFuture.allOf(
                    stages.map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
        }

        @Override
        public void onRestSent(SwitchoverSummary summary) {
            sent.complete(summary);
        }

        @Override
        public void onReady(IncomingSummary summary) {
            readyNs = System.nanoTime();
            ready.complete(summary);
        }

        @Override
        public void onCancelled(String reason) {
            fail(reason);
        }

        @Override
        public void onFailed(String reason, boolean peerLost) {
            fail(reason);
        }

        private void fail(String reason) {
            MigrationException failure = new MigrationException(reason);
            sent.completeExceptionally(failure);
            ready.completeExceptionally(failure);
        }
    }
}
