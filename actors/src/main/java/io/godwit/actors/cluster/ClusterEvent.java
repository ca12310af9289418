package io.godwit.actors.cluster;

import io.godwit.actors.serialization.Wire;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Something an operator may want to see happen; published to every node's event stream.
 *
 * @param kind dotted and stable, such as {@code vm.started} or {@code migration.completed}
 * @param details further facts by name
 */
public record ClusterEvent(
        long atEpochMs,
        String kind,
        String host,
        @Nullable String vmId,
        @Nullable String migrationId,
        SortedMap<String, String> details)
        implements Wire {}
