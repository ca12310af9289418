package io.godwit.node.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param at RFC 3339, UTC, by the clock of {@code host}
 * @param kind dotted and stable, such as {@code vm.started} or {@code migration.completed}
 * @param vm id, if it concerns one
 * @param migration id, if it concerns one
 */
public record EventInfo(
        String at,
        String kind,
        String host,
        @Nullable String vm,
        @Nullable String migration,
        Map<String, String> details) {
    public EventInfo {
        details = Map.copyOf(details);
    }
}
