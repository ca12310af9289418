package io.godwit.benchmarks.io;

import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.MarkdownTable;
import io.godwit.benchmarks.report.Median;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** All runs, and what is said of them: medians, and Godwit's throughput over QEMU's. */
final class IoReport {
    /** Of QEMU's throughput. */
    private static final double LEAST_RATIO = 0.8;

    private static final String GODWIT = "godwit";
    private static final String QEMU = "qemu";

    private final List<IoJob> jobs;
    private final Map<String, List<List<JobResult>>> runs = new LinkedHashMap<>();

    IoReport(List<IoJob> jobs) {
        this.jobs = jobs;
        runs.put(GODWIT, new ArrayList<>());
        runs.put(QEMU, new ArrayList<>());
    }

    /** @param results of one run, by job */
    void add(String system, List<JobResult> results) {
        List<List<JobResult>> of = runs.get(system);
        if (of == null || results.size() != jobs.size()) {
            throw new IllegalArgumentException(results.size() + " results of " + system + ", expected are "
                    + jobs.size() + " of one of " + runs.keySet());
        }
        of.add(List.copyOf(results));
    }

    private double median(String system, int job, ToDoubleFunction<JobResult> figure) {
        List<List<JobResult>> of = runs.getOrDefault(system, List.of());
        return Median.of(
                of.stream().map(run -> figure.applyAsDouble(run.get(job))).toList());
    }

    List<Bar> bars() {
        List<Bar> bars = new ArrayList<>();
        for (int job = 0; job < jobs.size(); job++) {
            double godwit = median(GODWIT, job, JobResult::operationsPerSecond);
            double qemu = median(QEMU, job, JobResult::operationsPerSecond);
            bars.add(Bar.atLeast(jobs.get(job).name() + ": throughput ÷ QEMU's", LEAST_RATIO, godwit / qemu, ""));
        }
        return bars;
    }

    String markdown(MachineFacts machine) {
        MarkdownTable table = new MarkdownTable(
                "", "Godwit", "QEMU", "ratio", "limit", "", "Godwit p50, p99, µs", "QEMU p50, p99, µs");
        List<Bar> bars = bars();
        for (int job = 0; job < jobs.size(); job++) {
            Bar bar = bars.get(job);
            table.row(
                    jobs.get(job).name(),
                    throughput(GODWIT, job),
                    throughput(QEMU, job),
                    bar.measuredText(),
                    bar.limitText(),
                    bar.verdict(),
                    latency(GODWIT, job),
                    latency(QEMU, job));
        }
        String quiet = machine.isQuiet() ? "" : "\n**The machine was not quiet: these figures do not count.**\n";
        return machine.startedAt() + ": " + machine.summary() + ".\n" + quiet + "\n" + table;
    }

    private String throughput(String system, int job) {
        return jobs.get(job).inBytes()
                ? String.format(Locale.ROOT, "%.0f MB/s", median(system, job, JobResult::bytesPerSecond) / 1e6)
                : String.format(Locale.ROOT, "%.0f/s", median(system, job, JobResult::operationsPerSecond));
    }

    private String latency(String system, int job) {
        return String.format(
                Locale.ROOT,
                "%.0f, %.0f",
                median(system, job, JobResult::p50Ns) / 1e3,
                median(system, job, JobResult::p99Ns) / 1e3);
    }

    Map<String, Object> asJson(MachineFacts machine) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine);
        json.put("jobs", jobs);
        json.put("runs", runs);
        json.put("bars", bars().stream().map(Bar::asJson).toList());
        return json;
    }
}
