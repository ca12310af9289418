package io.godwit.benchmarks.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.vmm.probe.GuestMemoryFile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A system under measurement with one guest at a time. The calls of one migration come in this order: {@link #resume},
 * {@link #prepareTarget}, {@link #begin}, {@link #outcome}, {@link #awaitReleased}, {@link #arrive}, {@link #pause}.
 */
public interface Subject extends AutoCloseable {
    String name();

    /** Starts a guest under this load, waits until its memory is filled, and pauses it. */
    void startGuest(Load load) throws IOException, InterruptedException;

    void resume() throws IOException;

    /** Starts what has to be there before a migration begins and is no part of its time. */
    void prepareTarget() throws IOException, InterruptedException;

    GuestMemoryFile sourceMemory();

    GuestMemoryFile targetMemory();

    /** Every process whose CPU time is the migration's. */
    List<Long> pids();

    /** Asks for the migration; returns when the request was accepted. */
    void begin() throws IOException;

    /** The end as the system itself tells it, once there is one. */
    Optional<Outcome> outcome() throws IOException;

    /** Waits until nothing of the migration is under way any more. */
    void awaitReleased(Duration limit) throws IOException, InterruptedException;

    /** Takes the target for the next migration's source, where the guest arrived there. */
    void arrive(boolean completed) throws IOException;

    void pause() throws IOException;

    void endGuest() throws IOException, InterruptedException;

    @Override
    void close() throws IOException;

    /**
     * How a migration ended.
     *
     * @param failure empty when it completed
     */
    record Outcome(
            String failure, double totalMs, double downtimeMs, long transferredBytes, int rounds, JsonNode account) {
        boolean completed() {
            return failure.isEmpty();
        }
    }
}
