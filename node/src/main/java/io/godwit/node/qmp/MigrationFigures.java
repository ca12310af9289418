package io.godwit.node.qmp;

import io.godwit.actors.migration.EncodingView;
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
        EncodingView encoding = view.encoding();
        if (encoding.triedToCompress()) {
            figures.put("compression", compression(encoding));
        }
        if (encoding.hasCache()) {
            figures.put("xbzrle-cache", differences(encoding));
        }
        if (view.throttlePercent() > 0) {
            figures.put("cpu-throttle-percentage", view.throttlePercent());
        }
        if (view.ended() && !view.reason().isEmpty()) { // before, it is what the migration waits for
            figures.put("error-desc", view.reason());
        }
        return figures;
    }

    /** Lanes compress their own pages and never wait for another thread to: {@code busy} is 0. */
    private static Map<String, Object> compression(EncodingView encoding) {
        Map<String, Object> compression = new LinkedHashMap<>();
        compression.put("pages", encoding.compressedPages());
        compression.put("busy", 0);
        compression.put("busy-rate", 0.0);
        compression.put("compressed-size", encoding.compressedBytes());
        compression.put(
                "compression-rate",
                encoding.compressedBytes() == 0
                        ? 0.0
                        : (double) encoding.compressedPages() * PAGE_SIZE / encoding.compressedBytes());
        return compression;
    }

    private static Map<String, Object> differences(EncodingView encoding) {
        Map<String, Object> cache = new LinkedHashMap<>();
        cache.put("cache-size", encoding.cacheBytes());
        cache.put("bytes", encoding.differenceBytes());
        cache.put("pages", encoding.changedPages());
        cache.put("cache-miss", encoding.cacheMisses());
        cache.put("cache-miss-rate", encoding.missRate());
        cache.put("encoding-rate", encoding.encodingRate());
        cache.put("overflow", encoding.overflows());
        return cache;
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
