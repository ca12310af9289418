package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.SystemCallException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests that the host did not carry out: its file system is full, or its disk broken. The guest is told by each one's
 * status and can make as many as it likes, so the log gets a line in ten seconds at most. For all threads of a disk.
 */
final class DiskFailures {
    private static final Logger LOG = LoggerFactory.getLogger(DiskFailures.class);
    private static final long PAUSE_MS = 10_000;

    private final InstantSource clock;
    private long failures;
    private @Nullable String latest;
    private Instant toldAt = Instant.EPOCH;

    DiskFailures(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Counts one.
     *
     * @param queue whose request it was
     * @return whether it was told
     */
    synchronized boolean add(String queue, SystemCallException why) {
        Instant now = clock.instant();
        failures++;
        latest = why.getMessage() + ", at " + now;
        if (now.isBefore(toldAt.plusMillis(PAUSE_MS))) {
            return false;
        }
        toldAt = now;
        LOG.warn("{}: a request failed: {}; {} failed in all", queue, why.getMessage(), failures);
        return true;
    }

    /** How many there were, and the last one's reason and time. */
    synchronized Optional<String> summary() {
        return Optional.ofNullable(latest).map(last -> failures + " requests failed, the last with " + last);
    }
}
