package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.machine.CpuTimes;
import io.godwit.benchmarks.migration.Sample.Figures;
import io.godwit.benchmarks.migration.Sample.Kind;
import io.godwit.benchmarks.report.Median;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The medians of one subject under one load, over its measured migrations that completed.
 *
 * @param failed how many of the measured ones did not
 * @param predictionErrorPercent how far the total time that the system foresaw was from its own, either way; NaN where
 *     it foresees none
 * @param threadSeconds CPU time of one migration by thread: means, the largest first
 */
public record Summary(
        String subject,
        Load load,
        int completed,
        int failed,
        double outsideMs,
        double ownMs,
        double blackoutMs,
        double ownDowntimeMs,
        double transferredMiB,
        double rounds,
        double cpuSeconds,
        double predictionErrorPercent,
        List<Double> allOutsideMs,
        List<Double> allBlackoutMs,
        Map<String, Double> threadSeconds) {

    /** One for each load and subject of which some measured migration completed, in the order of the samples. */
    static List<Summary> of(List<Sample> samples) {
        record Key(Load load, String subject) {}
        Set<Key> keys = new LinkedHashSet<>();
        samples.forEach(sample -> keys.add(new Key(sample.load(), sample.subject())));
        List<Summary> summaries = new ArrayList<>();
        for (Key key : keys) {
            summarize(
                            key.subject(),
                            key.load(),
                            samples.stream()
                                    .filter(sample -> sample.kind() == Kind.MEASURED
                                            && sample.subject().equals(key.subject())
                                            && sample.load().equals(key.load()))
                                    .toList())
                    .ifPresent(summaries::add);
        }
        return summaries;
    }

    private static Optional<Summary> summarize(String subject, Load load, List<Sample> samples) {
        List<Figures> figures = new ArrayList<>();
        for (Sample sample : samples) {
            if (sample.figures() != null) {
                figures.add(sample.figures());
            }
        }
        if (figures.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Summary(
                subject,
                load,
                figures.size(),
                samples.size() - figures.size(),
                median(figures, Figures::outsideMs),
                median(figures, Figures::ownMs),
                median(figures, Figures::blackoutMs),
                median(figures, Figures::ownDowntimeMs),
                median(figures, figure -> figure.transferredBytes() / 1048576.0),
                median(figures, Figures::rounds),
                median(figures, Figures::cpuSeconds),
                median(figures, Summary::predictionErrorPercent),
                figures.stream().map(Figures::outsideMs).toList(),
                figures.stream().map(Figures::blackoutMs).toList(),
                threadSeconds(figures)));
    }

    private static double predictionErrorPercent(Figures figures) {
        return Math.abs(figures.own().path("predictionErrorPercent").asDouble(Double.NaN));
    }

    private static Map<String, Double> threadSeconds(List<Figures> figures) {
        Map<String, Double> means = new TreeMap<>();
        figures.forEach(figure -> figure.threads()
                .forEach((thread, seconds) -> means.merge(thread, seconds / figures.size(), Double::sum)));
        return CpuTimes.largestFirst(means);
    }

    private static double median(List<Figures> figures, ToDoubleFunction<Figures> figure) {
        return Median.of(figures.stream().map(figure::applyAsDouble).toList());
    }
}
