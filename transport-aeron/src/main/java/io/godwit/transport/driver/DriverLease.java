package io.godwit.transport.driver;

import io.godwit.transport.StreamFailure.DriverDied;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One stream's use of one life of the driver: keeps it awake, tells of its death. Used by the stream's thread. */
public final class DriverLease implements AutoCloseable {
    private final DriverRun run;
    private final DriverIdle idle;
    private final StreamRoom room;
    private boolean settled;
    private boolean closed;

    DriverLease(final DriverRun run, final DriverIdle idle, final StreamRoom room) {
        this.run = run;
        this.idle = idle;
        this.room = room;
        idle.streamOpened();
    }

    /** Where an Aeron client finds the driver. */
    public Path aeronDirectory() {
        return run.aeronDirectory();
    }

    /** Who speaks and who does not. */
    public LinkMonitor monitor() {
        return run.monitor();
    }

    /** Why the driver is no more, or null while it lives. */
    public @Nullable DriverDied death() {
        return run.death();
    }

    /** The term buffers exist now, so their room need not be kept any longer. */
    public void buffersAllocated() {
        if (!settled) {
            settled = true;
            room.settleLane();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            buffersAllocated();
            idle.streamClosed();
        }
    }
}
