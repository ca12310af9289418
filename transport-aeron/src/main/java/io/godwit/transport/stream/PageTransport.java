package io.godwit.transport.stream;

import io.godwit.transport.PageSink;
import io.godwit.transport.PageSource;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.driver.DriverStatus;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A node's door to the page streams: one media driver, kept alive, and the streams through it. */
public final class PageTransport implements AutoCloseable {
    private PageTransport() {}

    /** Starts the driver; takes some ten milliseconds, so not on a dispatcher. */
    public static PageTransport start(final DriverSettings settings) {
        throw new UnsupportedOperationException(settings.toString());
    }

    /** Opens the source's end. Does not block; what goes wrong arrives through the stream. */
    public OutgoingStream openOutgoing(final OutgoingSettings settings, final PageSource source) {
        throw new UnsupportedOperationException(settings.toString() + source);
    }

    /** Opens the target's end. Does not block; what goes wrong arrives through the stream and its listener. */
    public IncomingStream openIncoming(
            final IncomingSettings settings, final PageSink sink, final IncomingListener listener) {
        throw new UnsupportedOperationException(settings.toString() + sink + listener);
    }

    /** Runs streams from this node to itself for about {@code budget}, so that the first migration meets warm code. */
    public CompletionStage<Rehearsal> rehearse(final Duration budget) {
        throw new UnsupportedOperationException(budget.toString());
    }

    public DriverStatus status() {
        throw new UnsupportedOperationException();
    }

    /** Closes all streams and the driver, and waits for them; deletes the directory. Not on a dispatcher. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
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
