package io.godwit.migration;

import io.godwit.config.VerifyMode;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.digest.MemoryHasher;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.stream.IncomingStream;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.state.MachineStateCodec;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The target half of a migration. Pages are written by the stream's lanes; at the end the thread
 * {@code godwit-<vm>-incoming} checks that nothing is missing, hashes memory if that was asked for, and restores the
 * machine's state. Hashing comes before restoring, which writes to RAM. The machine stays paused:
 * running it is its owner's right.
 */
public final class IncomingMigration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingMigration.class);

    private final IncomingContext context;
    private final ReceivedMemory memory;
    private final IncomingFigures figures;
    private final IncomingStream stream;
    private final CompletableFuture<StreamCounts> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> threadDone = new CompletableFuture<>();
    private volatile boolean closing;
    private volatile byte @Nullable [] state;

    /** Opens the stream; what the source must be told follows by {@link #endpoints()}. */
    public IncomingMigration(IncomingContext context) {
        this.context = context;
        Machine machine = context.machine();
        memory = new ReceivedMemory(
                machine.memory(),
                context.verify() == VerifyMode.AFTER_RESUME,
                new LaneStripes(context.stream().lanes()));
        figures = new IncomingFigures(
                context.nanoTime(), machine.memory().layout().pageCount());
        stream = context.transport().openIncoming(context.stream(), memory, new Receiver());
        var unused = stream.endpoints().thenRun(figures::listening);
        Thread thread = new Thread(this::run, "godwit-" + machine.spec().name() + "-incoming");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Completes when this half listens, with one endpoint a lane; exceptionally when it cannot, of which the listener
     * is told too.
     */
    public CompletionStage<List<StreamEndpoint>> endpoints() {
        return stream.endpoints();
    }

    /** Any thread. Wire bytes are those of pages, without headers: that is what this half sees. */
    public MigrationProgress progress() {
        return figures.progress(stream.received(), memory.receivedPages());
    }

    /** Gives up, unless ready. Returns at once; see {@link #closed()}. */
    @Override
    public void close() {
        closing = true;
        stream.close();
        ended.completeExceptionally(new CancelledException("closed"));
    }

    /** Completes, after {@link #close()} or an end, when thread and stream are given back and memory is left alone. */
    public CompletionStage<Void> closed() {
        return CompletableFuture.allOf(threadDone, stream.closed().toCompletableFuture())
                .minimalCompletionStage();
    }

    private void run() {
        IncomingListener listener = context.listener();
        try {
            IncomingSummary summary = finish(new EngineWaits().await(ended));
            figures.ended(MigrationPhase.COMPLETED);
            if (!closing) {
                listener.onReady(summary);
            }
        } catch (CancelledException e) {
            figures.ended(MigrationPhase.CANCELLED);
        } catch (RuntimeException | Error e) {
            figures.ended(MigrationPhase.FAILED);
            stream.close();
            if (!closing) {
                LOG.warn("incoming migration {} failed", context.stream().migrationId(), e);
                listener.onFailed(Failures.reason(e), Failures.isPeerLost(e));
            }
        } finally {
            threadDone.complete(null);
        }
    }

    private IncomingSummary finish(StreamCounts total) {
        long beganNs = context.nanoTime().getAsLong();
        byte[] bytes = requireState();
        requireAllPages(total);
        MachineState decoded = MachineStateCodec.decode(bytes);
        MemoryDigest digest = digest();
        long verifiedNs = context.nanoTime().getAsLong();
        context.machine().restore(decoded);
        long restoredNs = context.nanoTime().getAsLong();
        return new IncomingSummary(
                digest, total.pages(), bytes.length, (verifiedNs - beganNs) / 1e6, (restoredNs - verifiedNs) / 1e6);
    }

    private byte[] requireState() {
        byte[] bytes = state;
        if (bytes == null) {
            throw new MigrationException("the source ended the stream without sending the machine's state");
        }
        return bytes;
    }

    private void requireAllPages(StreamCounts total) {
        long missing = memory.firstMissingPage();
        if (missing >= 0) {
            GuestLayout layout = context.machine().memory().layout();
            throw new MigrationException(String.format(
                    "%d of %d pages never came, the first at guest address 0x%x; the source says it sent %d",
                    layout.pageCount() - memory.receivedPages(),
                    layout.pageCount(),
                    layout.guestAddress(missing),
                    total.pages()));
        }
    }

    private @Nullable MemoryDigest digest() {
        if (context.verify() == VerifyMode.AT_PAUSE) {
            return new MemoryHasher(context.machine().memory(), () -> closing).digest();
        }
        return memory.digest();
    }

    /** Called on the lanes' threads, one after the other. */
    private final class Receiver implements io.godwit.transport.stream.IncomingListener {
        @Override
        public void onRoundEnd(RoundReceived round) {
            figures.roundEnded(round.round());
        }

        @Override
        public void onDeviceState(byte[] received) {
            if (state != null) {
                ended.completeExceptionally(new MigrationException("the source sent the machine's state twice"));
                return;
            }
            figures.stateReceived();
            state = received;
        }

        @Override
        public void onEnd(StreamCounts total) {
            ended.complete(total);
        }

        @Override
        public void onFailed(StreamFailure failure) {
            ended.completeExceptionally(new StreamException(failure));
        }
    }
}
