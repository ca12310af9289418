package io.godwit.benchmarks.bandwidth;

import java.util.ArrayList;
import java.util.List;

/** The rate of a growing counter in every window of one second, from readings at any times. */
final class RateWindows {
    private static final long WINDOW_NS = 1_000_000_000;

    private RateWindows() {}

    /** A counter's value at a time. */
    record Reading(long atNs, long bytes) {}

    /**
     * Bytes per second in the window that ends with each reading, for the readings that have a second before them. The
     * value at a window's beginning lies on the line between the readings around it.
     *
     * @param readings in order of time
     */
    static List<Double> of(List<Reading> readings) {
        List<Double> rates = new ArrayList<>();
        int first = 0;
        for (Reading end : readings) {
            long beginNs = end.atNs() - WINDOW_NS;
            if (readings.get(0).atNs() > beginNs) {
                continue;
            }
            while (readings.get(first + 1).atNs() <= beginNs) {
                first++;
            }
            rates.add(end.bytes() - between(readings.get(first), readings.get(first + 1), beginNs));
        }
        return rates;
    }

    private static double between(Reading before, Reading after, long atNs) {
        double share = (double) (atNs - before.atNs()) / (after.atNs() - before.atNs());
        return before.bytes() + share * (after.bytes() - before.bytes());
    }

    /** The largest distance of any rate from the limit, as a share of the limit. */
    static double largestDeviation(List<Double> rates, double limit) {
        return rates.stream()
                .mapToDouble(rate -> Math.abs(rate / limit - 1))
                .max()
                .orElseThrow();
    }
}
