package io.godwit.node.qmp;

import io.godwit.actors.migration.MigrationView;
import java.util.LinkedHashMap;
import java.util.Map;

/** A migration as {@code query-migrate} tells of it: QEMU's names and units. */
final class MigrationFigures {
    private static final int PAGE_SIZE = 4096;
    private static final double MEGABIT_BYTES = 125_000;

    private MigrationFigures() {}

    static Map<String, Object> of(MigrationView view) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("status", view.status());
        figures.put("total-time", view.totalMs());
        if (view.status().equals("completed")) {
            figures.put("downtime", view.downtimeMs());
        } else if (!view.ended()) {
            figures.put("expected-downtime", view.expectedDowntimeMs());
        }
        figures.put("setup-time", view.setupMs());
        if (!view.status().equals("setup") && !view.status().equals("none")) {
            figures.put("ram", ram(view));
        }
        if (view.throttlePercent() > 0) {
            figures.put("cpu-throttle-percentage", view.throttlePercent());
        }
        if (view.ended() && !view.reason().isEmpty()) { // before, it is what the migration waits for
            figures.put("error-desc", view.reason());
        }
        return figures;
    }

    /** All pages ride lanes, so that {@code multifd-bytes} is all there is; nothing is ever skipped. */
    private static Map<String, Object> ram(MigrationView view) {
        Map<String, Object> ram = new LinkedHashMap<>();
        ram.put("transferred", view.transferredBytes());
        ram.put("remaining", view.remainingBytes());
        ram.put("total", view.totalBytes());
        ram.put("duplicate", view.duplicatePages());
        ram.put("skipped", 0);
        ram.put("normal", view.normalPages());
        ram.put("normal-bytes", view.normalPages() * PAGE_SIZE);
        ram.put("page-size", PAGE_SIZE);
        ram.put("dirty-pages-rate", view.dirtyPagesPerSecond());
        ram.put("mbps", view.bandwidthBytesPerSecond() / MEGABIT_BYTES);
        ram.put("pages-per-second", view.pagesPerSecond());
        ram.put("dirty-sync-count", view.dirtySyncCount());
        ram.put("multifd-bytes", view.transferredBytes());
        ram.put("postcopy-requests", 0);
        return ram;
    }
}
