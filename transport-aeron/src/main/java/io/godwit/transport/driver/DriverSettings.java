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
 * @param peerLiveness silence after which a peer counts as gone
 */
public record DriverSettings(Path directory, int minPort, int maxPort, Duration peerLiveness) {
    public static DriverSettings in(final Path directory) {
        return new DriverSettings(directory, 0, 0, Duration.ofSeconds(2));
    }
}
