package io.godwit.transport.stream;

import io.aeron.Aeron;
import io.aeron.exceptions.DriverTimeoutException;
import io.aeron.exceptions.RegistrationException;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.DriverDied;
import io.godwit.transport.StreamFailure.LocalFault;
import io.godwit.transport.StreamFailure.Refused;
import io.godwit.transport.driver.DriverLease;
import io.godwit.transport.driver.LinkMonitor;
import io.godwit.transport.driver.MediaDriverPool;
import io.godwit.transport.driver.StreamRoom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NoOpLock;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * One lane's Aeron client, run by the lane's own thread: no client thread idles between migrations, and closing it
 * gives back whatever the lane had, in whatever state the lane is.
 */
final class DriverConnection implements AutoCloseable {
    private static final long DRIVER_TIMEOUT_MS = 5_000;
    private static final long AWAIT_PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(50);

    private final DriverLease lease;
    private final Aeron aeron;
    private @Nullable Throwable clientError;

    private DriverConnection(final DriverLease lease) {
        this.lease = lease;
        this.aeron = Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(lease.aeronDirectory().toString())
                .driverTimeoutMs(DRIVER_TIMEOUT_MS)
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE)
                .awaitingIdleStrategy(new SleepingIdleStrategy(AWAIT_PAUSE_NS))
                .errorHandler(error -> clientError = error)
                .subscriberErrorHandler(error -> clientError = error));
    }

    /** @throws StreamException if there is no driver, no room, or no answer */
    static DriverConnection open(
            final MediaDriverPool drivers, final int lane, final int lanes, final StreamRoom room) {
        final DriverLease lease = drivers.lease(lane, lanes, room);
        try {
            return new DriverConnection(lease);
        } catch (final RuntimeException noAnswer) {
            final StreamFailure death = lease.death();
            lease.close();
            throw new StreamException(
                    death != null ? death : new Refused("media driver does not answer: " + noAnswer.getMessage()));
        }
    }

    Aeron aeron() {
        return aeron;
    }

    LinkMonitor monitor() {
        return lease.monitor();
    }

    void buffersAllocated() {
        lease.buffersAllocated();
    }

    /**
     * Does the client's share of work.
     *
     * @throws StreamException if driver or client are no more
     */
    int invoke() {
        final StreamFailure death = lease.death();
        if (death != null) {
            throw new StreamException(death);
        }
        final int work = aeron.conductorAgentInvoker().invoke();
        final Throwable error = clientError;
        if (error != null || aeron.isClosed()) {
            throw new StreamException(failureOf(error));
        }
        return work;
    }

    /** What an error that came out of Aeron means for the stream. */
    StreamFailure failureOf(final @Nullable Throwable error) {
        final StreamFailure death = lease.death();
        if (death != null) {
            return death;
        }
        if (error instanceof RegistrationException registration) {
            return new Refused("media driver refused: " + registration.getMessage());
        }
        if (error instanceof DriverTimeoutException) {
            return new DriverDied("media driver does not answer: " + error.getMessage());
        }
        return new LocalFault("Aeron client ended: " + error);
    }

    @Override
    public void close() {
        try {
            aeron.close();
        } finally {
            lease.close();
        }
    }
}
