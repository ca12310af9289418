package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.stream.PageTransport.Rehearsal;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;

/** Streams from this node to itself, one after the other, until the budget is used up: at least one. */
final class RehearsalRun implements Runnable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int ROUNDS_PER_STREAM = 8;
    private static final int STATE_BYTES = 16 * 1024;
    private static final long PATIENCE_S = 10;
    private static final List<PageRange> RANGES = RehearsalMemory.ranges();

    private final PageTransport transport;
    private final long budgetNs;
    private final Materializer materializer;
    private final CompletableFuture<Rehearsal> result = new CompletableFuture<>();
    private final RehearsalMemory source = new RehearsalMemory();
    private final RehearsalMemory target = new RehearsalMemory();

    private RehearsalRun(final PageTransport transport, final Duration budget, final Materializer materializer) {
        this.transport = transport;
        this.budgetNs = budget.toNanos();
        this.materializer = materializer;
    }

    static CompletionStage<Rehearsal> start(
            final PageTransport transport, final Duration budget, final Materializer materializer) {
        final RehearsalRun run = new RehearsalRun(transport, budget, materializer);
        final Thread thread = new Thread(run, "godwit-rehearsal");
        thread.setDaemon(true);
        thread.start();
        return run.result;
    }

    @Override
    public void run() {
        final long beganNs = System.nanoTime();
        int streams = 0;
        long pages = 0;
        try {
            source.fill(new SplittableRandom(1));
            do {
                pages += stream(beganNs + budgetNs);
                streams++;
            } while (System.nanoTime() - beganNs < budgetNs);
            final long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
            result.complete(new Rehearsal(streams, pages, elapsedMs));
        } catch (final Throwable failed) {
            result.completeExceptionally(failed);
        }
    }

    private long stream(final long deadlineNs) throws Exception {
        final UUID id = UUID.randomUUID();
        final Ending ending = new Ending();
        try (IncomingStream in = transport.openIncoming(IncomingSettings.on(id, LOOPBACK), target, ending)) {
            final List<StreamEndpoint> endpoints = await(in.endpoints());
            try (OutgoingStream out = transport.openOutgoing(OutgoingSettings.to(id, endpoints), source)) {
                for (int round = 0; round < ROUNDS_PER_STREAM; round++) {
                    final CompletionStage<RoundSent> sent = Source.from(RANGES).runWith(out.round(round), materializer);
                    await(sent);
                    if (System.nanoTime() - deadlineNs > 0) {
                        break;
                    }
                }
                await(out.sendDeviceState(new byte[STATE_BYTES]));
                await(out.end());
                return await(ending.counts).pages();
            }
        }
    }

    private static <T> T await(final CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static final class Ending implements IncomingListener {
        final CompletableFuture<StreamCounts> counts = new CompletableFuture<>();

        @Override
        public void onRoundEnd(final RoundReceived round) {
            // only the end matters
        }

        @Override
        public void onDeviceState(final byte[] state) {
            // only the end matters
        }

        @Override
        public void onEnd(final StreamCounts total) {
            counts.complete(total);
        }

        @Override
        public void onFailed(final StreamFailure failure) {
            counts.completeExceptionally(new StreamException(failure));
        }
    }
}
