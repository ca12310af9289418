package io.godwit.actors.migration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The migrations this host takes or took part in. A live one is read from its engine at each look; of those that ended
 * the last {@value #KEPT} are kept.
 */
public final class MigrationBook {
    /** So many, each with the longest of reasons, fit one message between hosts. */
    public static final int KEPT = 100;

    private final Map<String, Supplier<MigrationView>> entries = new LinkedHashMap<>();

    /** Enters a migration; {@code view} may be called from any thread. */
    public synchronized void open(String migrationId, Supplier<MigrationView> view) {
        entries.put(migrationId, view);
        int surplus = entries.size() - KEPT;
        if (surplus > 0) {
            List<String> ended = entries.entrySet().stream()
                    .filter(entry -> entry.getValue().get().ended())
                    .limit(surplus)
                    .map(Map.Entry::getKey)
                    .toList();
            ended.forEach(entries::remove);
        }
    }

    /** Freezes a migration's last view, so that nothing of its engine is held any longer. */
    public synchronized void close(MigrationView last) {
        entries.put(last.id(), () -> last);
    }

    public synchronized Optional<MigrationView> find(String migrationId) {
        return Optional.ofNullable(entries.get(migrationId)).map(Supplier::get);
    }

    /** Where a VM went that left this host, by the last migration that took it away. */
    public synchronized Optional<String> destination(String vmId) {
        return list().stream()
                .filter(view -> view.vmId().equals(vmId)
                        && view.role().equals("source")
                        && view.status().equals("completed"))
                .reduce((earlier, later) -> later)
                .map(MigrationView::to);
    }

    public synchronized List<MigrationView> list() {
        List<MigrationView> views = new ArrayList<>(entries.size());
        entries.values().forEach(view -> views.add(view.get()));
        return views;
    }
}
