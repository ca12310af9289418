package io.godwit.benchmarks.migration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One migration.
 *
 * @param run from 1, within its kind
 * @param figures what was measured; null when it failed
 * @param failure why it failed; else empty
 */
public record Sample(
        String subject,
        Load load,
        Kind kind,
        int run,
        @Nullable Figures figures,
        String failure) {
    /** What a migration counts for. */
    public enum Kind {
        /** The first one of fresh processes: a figure of its own. */
        FIRST,
        /** Not counted. */
        WARM_UP,
        MEASURED
    }

    /**
     * What one migration cost.
     *
     * @param outsideMs from just before the request is sent until the guest was seen to run at the target
     * @param ownMs the total time that the migrating system reports
     * @param blackoutMs the most that the guest stood still at the handover, seen from outside
     * @param blackoutAtLeastMs the least, given when its heartbeat was read
     * @param ownDowntimeMs the downtime that the migrating system reports
     * @param transferredBytes as reported
     * @param rounds as reported
     * @param cpuSeconds CPU time of all the system's processes from the request until the source has let go
     * @param dirtiedMBps what the guest really wrote a second before the migration
     * @param longestPollGapMs longest time for which nobody looked at the heartbeat
     * @param threads CPU seconds by thread, the largest first
     * @param own the migrating system's own account
     */
    public record Figures(
            double outsideMs,
            double ownMs,
            double blackoutMs,
            double blackoutAtLeastMs,
            double ownDowntimeMs,
            long transferredBytes,
            int rounds,
            double cpuSeconds,
            double dirtiedMBps,
            double longestPollGapMs,
            Map<String, Double> threads,
            JsonNode own) {}

    static Sample of(String subject, Load load, Kind kind, int run, Figures figures) {
        return new Sample(subject, load, kind, run, figures, "");
    }

    static Sample failed(String subject, Load load, Kind kind, int run, String why) {
        return new Sample(subject, load, kind, run, null, why);
    }

    /** In one line, for people. */
    public String summary() {
        String which =
                "%-18s %-22s %-8s %2d: ".formatted(subject, load, kind.name().toLowerCase(java.util.Locale.ROOT), run);
        return figures == null
                ? which + "FAILED: " + failure
                : which
                        + "%6.0f ms (own clock %6.0f), blackout %6.1f ms (own %4.0f), %5.0f MiB, %2d rounds, CPU %.2f s, dirtied %.0f MB/s"
                                .formatted(
                                        figures.outsideMs(),
                                        figures.ownMs(),
                                        figures.blackoutMs(),
                                        figures.ownDowntimeMs(),
                                        figures.transferredBytes() / 1048576.0,
                                        figures.rounds(),
                                        figures.cpuSeconds(),
                                        figures.dirtiedMBps());
    }
}
