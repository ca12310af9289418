package io.godwit.actors.rebalance;

import io.godwit.actors.host.HostLoad;
import io.godwit.control.inventory.Host;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What migrations carried goes into what a move is said to cost. A host that has not migrated anything yet is taken for
 * one like the others; where none has, for {@link Host#DEFAULT_MIGRATION_BYTES_PER_SECOND}.
 */
final class MeasuredLinks {
    private MeasuredLinks() {}

    static List<Host> on(Collection<Host> hosts, Map<String, HostLoad> loads) {
        long usual = Math.round(loads.values().stream()
                .filter(MeasuredLinks::isMeasured)
                .mapToDouble(MeasuredLinks::believable)
                .average()
                .orElse(Host.DEFAULT_MIGRATION_BYTES_PER_SECOND));
        return hosts.stream()
                .map(host -> host.carrying(carried(loads.get(host.name()), usual)))
                .toList();
    }

    private static long carried(@Nullable HostLoad load, long usual) {
        return load != null && isMeasured(load) ? believable(load) : usual;
    }

    private static boolean isMeasured(HostLoad load) {
        return load.migrationBytesPerSecond() > 0;
    }

    private static long believable(HostLoad load) {
        return Math.max(Host.MIN_BYTES_PER_SECOND, Math.min(load.migrationBytesPerSecond(), Host.MAX_BYTES_PER_SECOND));
    }
}
