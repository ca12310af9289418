package io.godwit.migration;

import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.migration.convergence.Prediction;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.digest.MemoryHasher;
import io.godwit.migration.encoding.MigrationCodecs;
import io.godwit.transport.StreamException;
import io.godwit.transport.seal.StreamSecret;
import io.godwit.transport.stream.OutgoingCounters;
import io.godwit.transport.stream.OutgoingStream;
import io.godwit.vmm.Machine;
import io.godwit.vmm.state.MachineStateCodec;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source half of a migration, on its own thread {@code godwit-<vm>-migration}:
 *
 * <pre>
 * SETUP ── connected ──► ACTIVE ── rest fits, pause allowed ──► DEVICE ── end frame accepted ──► COMPLETED
 *   └──────────────────────┴──────────────────────────────────────┴───► CANCELLED or FAILED
 * </pre>
 *
 * COMPLETED means that this half has sent everything; whether the target has it, and runs, is between the owners. Until
 * closed the thread then serves {@link #compare}. All methods may be called from any thread and none blocks.
 */
public final class OutgoingMigration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutgoingMigration.class);
    private static final long STREAM_CLOSE_TIMEOUT_S = 10;

    private final OutgoingContext context;
    private final OutgoingFigures figures;
    private final EngineWaits waits = new EngineWaits();
    private final OutgoingStream stream;
    private final PreCopyRounds rounds;
    private final BlockingQueue<Runnable> afterwards = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean closing;
    private @Nullable MemoryDigest frozen;

    /** Opens the stream; nothing is asked of the machine before {@link #start()}. */
    public OutgoingMigration(OutgoingContext context) {
        this.context = context;
        Machine machine = context.machine();
        figures = new OutgoingFigures(
                context.nanoTime(), machine.memory().layout().pageCount());
        stream = context.transport()
                .openOutgoing(
                        context.stream()
                                .withEncoders(MigrationCodecs.encoders(
                                        context.settings().lanes())),
                        new GuestPages(
                                machine.memory(), context.settings().lanes().zeroPages()));
        stream.limitRate(context.settings().maxBandwidthBytesPerSecond());
        rounds = new PreCopyRounds(context, stream, waits, figures);
        var unused = stream.failed().thenAccept(failure -> waits.stop(new StreamException(failure)));
    }

    /** Begins. Call once. */
    public void start() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("migration " + context.stream().migrationId() + " was started before");
        }
        Thread thread =
                new Thread(this::run, "godwit-" + context.machine().spec().name() + "-migration");
        thread.setDaemon(true);
        thread.start();
    }

    /** The ledger has recorded {@code Prepared}: the machine may be paused as soon as the rest fits. */
    public void allowSwitchover() {
        rounds.allowSwitchover();
    }

    /** Pauses the machine as soon as {@link #allowSwitchover() allowed} and sends the rest, however long that takes. */
    public void finishNow() {
        rounds.finishNow();
    }

    /** New limits, at once; what was asked for as to verification stays. */
    public void change(MigrationSettings settings) {
        stream.limitRate(settings.maxBandwidthBytesPerSecond());
        rounds.change(settings);
    }

    /** Ends the migration unless everything is sent already. Idempotent. */
    public void cancel(String reason) {
        waits.stop(new CancelledException(reason));
    }

    public MigrationProgress progress() {
        return figures.progress(stream.counters());
    }

    /** What the stream sent so far, encoded and sealed. */
    public OutgoingCounters counters() {
        return stream.counters();
    }

    /**
     * What the owner saw the switchover cost, from the request to pause to the target running: makes this host's next
     * predictions better.
     */
    public void observedBlackout(double blackoutMs, SwitchoverSummary summary) {
        if (context.settings().verify() != VerifyMode.AT_PAUSE) {
            context.experience().switchover().observe(blackoutMs, summary.sendMs());
        }
    }

    /**
     * Compares all RAM, which has not changed since the pause, with what the target received, once all of it was sent:
     * the target's word that it has everything may overtake that. The machine must stay paused until this completes.
     */
    public CompletionStage<MemoryComparison> compare(MemoryDigest target) {
        CompletableFuture<MemoryComparison> answer = new CompletableFuture<>();
        afterwards.add(() -> answer.completeAsync(() -> compareNow(target), Runnable::run));
        if (closed.isDone()) {
            answer.completeExceptionally(new CancelledException("the migration is closed"));
        }
        var unused = closed.thenRun(
                () -> answer.completeExceptionally(new CancelledException("the migration was closed meanwhile")));
        return answer;
    }

    /** Cancels what still runs. Returns at once; see {@link #closed()}. */
    @Override
    public void close() {
        closing = true;
        cancel("closed");
        afterwards.add(() -> {});
        if (started.compareAndSet(false, true)) {
            release();
        }
    }

    /** Completes when thread, stream and dirty log are given back; only then may the machine be closed. */
    public CompletionStage<Void> closed() {
        return closed.minimalCompletionStage();
    }

    private void run() {
        try {
            tell(migrate());
            hashEarly();
            while (!closing) {
                afterwards.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            release();
        }
    }

    /** @return what to tell the listener: exactly one of its three last calls */
    private Runnable migrate() {
        OutgoingListener listener = context.listener();
        try {
            SwitchoverSummary summary = rest(activePhase());
            end(MigrationPhase.COMPLETED);
            return () -> listener.onRestSent(summary);
        } catch (CancelledException e) {
            LOG.info("migration {} cancelled: {}", context.stream().migrationId(), e.getMessage());
            end(MigrationPhase.CANCELLED);
            return () -> listener.onCancelled(Failures.reason(e));
        } catch (RuntimeException | Error e) {
            LOG.warn("migration {} failed", context.stream().migrationId(), e);
            end(MigrationPhase.FAILED);
            return () -> listener.onFailed(Failures.reason(e), Failures.isPeerLost(e));
        }
    }

    private Prediction activePhase() {
        waits.await(stream.connected());
        figures.connected();
        return rounds.untilSwitchover();
    }

    private SwitchoverSummary rest(Prediction prediction) {
        waits.throwIfStopped();
        long requestedNs = context.nanoTime().getAsLong();
        figures.pauseRequested();
        waits.await(context.listener().pauseMachine(), context.pauseDeadline(), "the machine did not stand still");
        double pauseMs = (context.nanoTime().getAsLong() - requestedNs) / 1e6;
        waits.await(context.listener().mayGoOn());
        long goneOnNs = context.nanoTime().getAsLong();
        byte[] state = MachineStateCodec.encode(context.machine().save());
        long savedNs = context.nanoTime().getAsLong();
        long pages = rounds.sendRest(state);
        long sentNs = context.nanoTime().getAsLong();
        return new SwitchoverSummary(
                prediction, pages, state.length, pauseMs, (savedNs - goneOnNs) / 1e6, (sentNs - savedNs) / 1e6);
    }

    /** A stream that has not ended by itself will not; the guest need not go on with its writes being logged. */
    private void end(MigrationPhase how) {
        tell(rounds::liftThrottles);
        figures.ended(how);
        if (how != MigrationPhase.COMPLETED) {
            stream.close();
            tell(rounds::close);
        }
    }

    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.error("migration {}: went on after", context.stream().migrationId(), e);
        }
    }

    private void hashEarly() {
        if (figures.phase() == MigrationPhase.COMPLETED && context.settings().verify() == VerifyMode.AT_PAUSE) {
            tell(this::frozenDigest);
        }
    }

    private MemoryComparison compareNow(MemoryDigest target) {
        if (figures.phase() != MigrationPhase.COMPLETED) {
            throw new IllegalStateException(
                    "memory is compared after all of it was sent; the phase is " + figures.phase());
        }
        return frozenDigest().compareWith(target, context.machine().memory().layout());
    }

    private MemoryDigest frozenDigest() {
        MemoryDigest known = frozen;
        if (known == null) {
            known = new MemoryHasher(context.machine().memory(), () -> closing).digest();
            frozen = known;
        }
        return known;
    }

    private void release() {
        tell(rounds::liftThrottles);
        tell(rounds::close);
        if (figures.phase() != MigrationPhase.COMPLETED) {
            stream.close();
        }
        var unused = stream.closed()
                .toCompletableFuture()
                .orTimeout(STREAM_CLOSE_TIMEOUT_S, TimeUnit.SECONDS)
                .whenComplete((ok, failure) -> {
                    if (failure != null) {
                        stream.close();
                    }
                    StreamSecret secret = context.stream().secret();
                    if (secret != null) {
                        secret.close();
                    }
                    closed.complete(null);
                });
    }
}
