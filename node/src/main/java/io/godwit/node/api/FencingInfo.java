package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fencing, as the hosts' files have it.
 *
 * @param pools shared ones
 * @param hosts those that own VMs with writable disks in a shared pool
 * @param withoutFence voters on which no fence is configured while a pool wants one
 */
public record FencingInfo(List<PoolFencingInfo> pools, List<WriterInfo> hosts, List<String> withoutFence) {
    public FencingInfo {
        pools = List.copyOf(pools);
        hosts = List.copyOf(hosts);
        withoutFence = List.copyOf(withoutFence);
    }

    /**
     * A shared pool.
     *
     * @param fencing {@code command}, {@code trust-permit} or {@code none}: the strictest of what hosts say, which counts
     * @param levels what hosts say, the strictest first
     * @param conflict in which way hosts differ; null where they agree
     */
    public record PoolFencingInfo(
            String name,
            String fencing,
            List<LevelInfo> levels,
            @Nullable String conflict) {
        public PoolFencingInfo {
            levels = List.copyOf(levels);
        }
    }

    /** @param hosts whose files say {@code fencing} of the pool */
    public record LevelInfo(String fencing, List<String> hosts) {
        public LevelInfo {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * A host whose VMs write shared disks.
     *
     * @param fence {@code configured}, {@code none}, or {@code unknown} while the host does not answer
     * @param pools that its VMs write
     * @param vms their names
     */
    public record WriterInfo(String host, String fence, List<String> pools, List<String> vms) {
        public WriterInfo {
            pools = List.copyOf(pools);
            vms = List.copyOf(vms);
        }
    }
}
