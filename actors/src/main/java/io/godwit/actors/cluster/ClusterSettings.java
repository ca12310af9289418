package io.godwit.actors.cluster;

import io.godwit.actors.tls.NodeTls;
import io.godwit.config.InvalidValueException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a node takes part in membership.
 *
 * @param clusterName the actor system's name: letters, digits and hyphens; nodes of another name are not understood
 * @param hostId this host's name in the cluster
 * @param bindHost address for messages between nodes, also the one they are told
 * @param port TCP port for them
 * @param seeds {@code host:port} of nodes to join through, the first of which may form the cluster at once; never empty
 * @param hosts how many hosts the cluster is meant to have: decides how long membership waits before it downs
 * @param tls how it proves itself to the others, null for messages in the clear
 */
public record ClusterSettings(
        String clusterName,
        String hostId,
        String bindHost,
        int port,
        List<String> seeds,
        int hosts,
        @Nullable NodeTls tls) {
    public ClusterSettings {
        if (!clusterName.matches("[A-Za-z][A-Za-z0-9-]{0,62}")) {
            throw new InvalidValueException(
                    "cluster.name", clusterName, "1 to 63 letters, digits or hyphens, beginning with a letter");
        }
        seeds = List.copyOf(seeds);
    }

    /** In the clear. */
    public ClusterSettings(
            String clusterName, String hostId, String bindHost, int port, List<String> seeds, int hosts) {
        this(clusterName, hostId, bindHost, port, seeds, hosts, null);
    }

    /** The split-brain resolver's {@code stable-after} for this size, as Pekko recommends it: 5 hosts 7 s … 100 hosts 20 s. */
    public Duration stableAfter() {
        if (hosts <= 5) {
            return Duration.ofSeconds(7);
        } else if (hosts <= 10) {
            return Duration.ofSeconds(10);
        } else if (hosts <= 20) {
            return Duration.ofSeconds(13);
        } else if (hosts <= 50) {
            return Duration.ofSeconds(17);
        }
        return Duration.ofSeconds(20);
    }
}
