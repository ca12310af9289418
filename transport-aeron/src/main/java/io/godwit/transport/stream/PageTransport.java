package io.godwit.transport.stream;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageSink;
import io.godwit.transport.PageSource;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.driver.DriverStatus;
import io.godwit.transport.driver.MediaDriverPool;
import io.godwit.transport.driver.StreamRoom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's door to the page streams: its media drivers, kept alive, and the streams through them. */
public final class PageTransport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PageTransport.class);
    private static final long CLOSE_PATIENCE_MS = 5_000;

    private final MediaDriverPool drivers;
    private final Map<AutoCloseable, CompletableFuture<Void>> open = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private PageTransport(final MediaDriverPool drivers) {
        this.drivers = drivers;
    }

    /** Starts the first driver; takes some ten milliseconds, so not on a dispatcher. */
    public static PageTransport start(final DriverSettings settings) {
        return over(MediaDriverPool.start(settings));
    }

    /** @param drivers closed with the transport */
    static PageTransport over(final MediaDriverPool drivers) {
        return new PageTransport(drivers);
    }

    /** Opens the source's end. Does not block; what goes wrong arrives through the stream. */
    public OutgoingStream openOutgoing(final OutgoingSettings settings, final PageSource source) {
        final int lanes = settings.endpoints().size();
        final StreamRoom room = drivers.room(settings.termLengthBytes(), lanes);
        final StreamFate fate = new StreamFate();
        final RateLimiter limiter = new RateLimiter(settings.rateBytesPerSecond(), System.nanoTime());
        final List<LaneQueue> queues = new ArrayList<>(lanes);
        final List<OutgoingLane> agents = new ArrayList<>(lanes);
        final List<LaneThread> threads = new ArrayList<>(lanes);
        for (int lane = 0; lane < lanes; lane++) {
            final LaneQueue queue = new LaneQueue(settings.queuedRanges());
            final OutgoingLane agent = new OutgoingLane(drivers, room, settings, lane, source, queue, fate, limiter);
            final LaneThread thread = new LaneThread(agent);
            queue.onWork(thread::wake);
            queues.add(queue);
            agents.add(agent);
            threads.add(thread);
        }
        final OutgoingLanes dealer = new OutgoingLanes(new LaneStripes(lanes), queues, fate);
        final StreamThreads all = new StreamThreads(threads);
        final OutgoingStream stream = new OutgoingStream(dealer, agents, fate, limiter, all);
        run(stream, all, fate, room);
        return stream;
    }

    /**
     * Opens the target's end. Does not block; what goes wrong arrives through the stream and its listener.
     *
     * @param sink called by the lanes side by side, each with pages of its own stripes ({@link LaneStripes})
     */
    public IncomingStream openIncoming(
            final IncomingSettings settings, final PageSink sink, final IncomingListener listener) {
        final StreamRoom room = drivers.room(settings.termLengthBytes(), settings.lanes());
        final StreamFate fate = new StreamFate();
        final IncomingLanes events =
                new IncomingLanes(listener, fate, settings.lanes(), StreamDefaults.maxOpenRounds(settings));
        final List<IncomingLane> agents = new ArrayList<>(settings.lanes());
        for (int lane = 0; lane < settings.lanes(); lane++) {
            agents.add(new IncomingLane(drivers, room, settings, lane, sink, events, fate));
        }
        final StreamThreads all =
                new StreamThreads(agents.stream().map(LaneThread::new).toList());
        final IncomingStream stream = new IncomingStream(agents, fate, all);
        run(stream, all, fate, room);
        return stream;
    }

    /** Runs streams from this node to itself for about {@code budget}, so that the first migration meets warm code. */
    public CompletionStage<Rehearsal> rehearse(final Duration budget, final Materializer materializer) {
        return RehearsalRun.start(this, budget, materializer);
    }

    public DriverStatus status() {
        return drivers.status();
    }

    /** Closes all streams and the drivers, and waits for them; deletes the directories. Not on a dispatcher. */
    @Override
    public void close() {
        closed = true;
        final CompletableFuture<?>[] waits = open.values().toArray(CompletableFuture<?>[]::new);
        open.keySet().forEach(PageTransport::quietClose);
        CompletableFuture.allOf(waits)
                .completeOnTimeout(null, CLOSE_PATIENCE_MS, TimeUnit.MILLISECONDS)
                .join();
        if (!open.isEmpty()) {
            LOG.error(
                    "{} stream(s) still use memory after {} ms; their threads are left",
                    open.size(),
                    CLOSE_PATIENCE_MS);
        }
        drivers.close();
    }

    private void run(
            final AutoCloseable stream, final StreamThreads threads, final StreamFate fate, final StreamRoom room) {
        if (closed) {
            throw new IllegalStateException("the page transport is closed");
        }
        open.put(stream, threads.closed().thenRun(() -> {
            room.close();
            open.remove(stream);
        }));
        fate.onNews(threads::wake);
        threads.start(fate);
    }

    private static void quietClose(final AutoCloseable stream) {
        try {
            stream.close();
        } catch (final Exception impossible) {
            throw new CompletionException(impossible);
        }
    }

    /**
     * What a rehearsal did.
     *
     * @param streams streams run to their end
     * @param pages pages carried
     * @param elapsedMs time taken
     */
    public record Rehearsal(int streams, long pages, long elapsedMs) {}
}
