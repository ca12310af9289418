package io.godwit.transport.driver;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a node's media driver lives and how patient it is.
 *
 * @param directory this node's own, best in {@code /dev/shm} and named {@code godwit-...}; made at start, deleted at
 *     close; siblings named {@code godwit-*} whose process is dead are deleted at start
 * @param minPort first UDP port that incoming streams may use, 0 with {@code maxPort} 0 for any free one
 * @param maxPort last such port
 * @param peerLiveness silence after which Aeron gives up a peer (its image liveness and publication connection
 *     timeouts), 500 ms to 65 s; streams decide earlier, by their link timeouts, where those are shorter
 */
public record DriverSettings(Path directory, int minPort, int maxPort, Duration peerLiveness) {
    private static final Duration SHORTEST_LIVENESS = Duration.ofMillis(500);
    private static final Duration LONGEST_LIVENESS = Duration.ofSeconds(65);

    /** The streams' default link timeout and a margin. */
    private static final Duration DEFAULT_LIVENESS = Duration.ofSeconds(7);

    public DriverSettings {
        final boolean anyPort = minPort == 0 && maxPort == 0;
        if (!anyPort && (minPort < 1 || maxPort > 65_535 || minPort > maxPort)) {
            throw new IllegalArgumentException("ports " + minPort + " to " + maxPort
                    + ": a range within 1 to 65535 is expected, or 0 to 0 for any free port");
        }
        if (peerLiveness.compareTo(SHORTEST_LIVENESS) < 0 || peerLiveness.compareTo(LONGEST_LIVENESS) > 0) {
            throw new IllegalArgumentException(
                    "peerLiveness " + peerLiveness.toMillis() + " ms: 500 to 65000 ms are expected");
        }
    }

    public static DriverSettings in(final Path directory) {
        return new DriverSettings(directory, 0, 0, DEFAULT_LIVENESS);
    }

    /** The same in another directory. */
    DriverSettings inside(final Path other) {
        return new DriverSettings(other, minPort, maxPort, peerLiveness);
    }

    public DriverSettings withPorts(final int first, final int last) {
        return new DriverSettings(directory, first, last, peerLiveness);
    }

    public DriverSettings withPeerLiveness(final Duration liveness) {
        return new DriverSettings(directory, minPort, maxPort, liveness);
    }
}
