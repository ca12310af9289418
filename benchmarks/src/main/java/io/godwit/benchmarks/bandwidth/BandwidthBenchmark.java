package io.godwit.benchmarks.bandwidth;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.benchmarks.ClusterOptions;
import io.godwit.benchmarks.bandwidth.RateWindows.Reading;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.machine.NetworkDevice;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.MarkdownTable;
import io.godwit.benchmarks.report.ResultFiles;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whether a migration's bandwidth limit is held in every window of one second. */
@Command(
        name = "bandwidth",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "whether a bandwidth limit is held in every second")
public final class BandwidthBenchmark implements Callable<Integer> {
    private static final double ACCEPTED_DEVIATION_PERCENT = 5;
    private static final long POLL_MS = 50;
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String DEVICE = "lo";

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--limits",
            split = ",",
            defaultValue = "30,100,300",
            paramLabel = "MB/s",
            description = "bandwidth limits to hold, 10^6 bytes (default: ${DEFAULT-VALUE})")
    private List<Long> limits = List.of();

    @Option(names = "--seconds", defaultValue = "10", description = "longest time for each (default: 10)")
    private int seconds;

    @Option(names = "--memory", defaultValue = "1024", paramLabel = "MiB", description = "of the guest (default: 1024)")
    private int memoryMiB;

    /**
     * What one limit became.
     *
     * @param reported rates in each window by the migration's own count of bytes
     * @param wire the same by the counter of the loopback device: with headers, and with whatever else is sent there
     */
    record Held(long limitBytesPerSecond, List<Double> reported, List<Double> wire) {
        Bar bar() {
            return Bar.atMost(
                    "limit %d MB/s: largest deviation of a 1 s window".formatted(limitBytesPerSecond / 1_000_000),
                    ACCEPTED_DEVIATION_PERCENT,
                    RateWindows.largestDeviation(reported, (double) limitBytesPerSecond) * 100,
                    "%");
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (seconds < 2 || seconds > 600 || memoryMiB < 64 || limits.stream().anyMatch(limit -> limit < 1)) {
            throw new ParameterException(
                    spec().commandLine(),
                    "expected --seconds from 2 to 600, --memory from 64, and --limits from 1 MB/s");
        }
        MachineFacts machine = cluster.facts();
        PrintWriter out = new PrintWriter(spec().commandLine().getOut(), true);
        out.println(machine.summary());
        if (cluster.refuses(machine)) {
            return ClusterOptions.NOT_QUIET;
        }
        List<Held> held = new ArrayList<>();
        try (TestCluster nodes = cluster.start()) {
            ProbeVm vm = ProbeVm.start(
                    nodes,
                    nodes.alpha(),
                    ProbeVm.Shape.of(
                            "limited", memoryMiB + "MiB", "wss=16 rate=10 fill=" + (memoryMiB - memoryMiB / 16)));
            vm.migrateTo(nodes.beta()).awaitCompleted(LIMIT); // fresh JVMs are no limiter's fault
            vm.awaitSettled(LIMIT);
            for (long limit : limits) {
                held.add(measure(nodes, vm, limit * 1_000_000));
                vm.awaitSettled(LIMIT);
            }
            vm.delete();
        }
        String markdown = markdown(machine, held);
        out.print(markdown);
        out.println("results: " + ResultFiles.write(cluster.out(), "bandwidth", asJson(machine, held), markdown));
        return 0;
    }

    /** Migrates under a limit for the given time, then cancels what is still under way. */
    private Held measure(TestCluster nodes, ProbeVm vm, long limit) throws IOException, InterruptedException {
        var source = vm.host();
        var target = source == nodes.alpha() ? nodes.beta() : nodes.alpha();
        Migration migration = vm.migrateTo(target, Map.of("maxBandwidthBytesPerSecond", limit));
        List<Reading> reported = new ArrayList<>();
        List<Reading> wire = new ArrayList<>();
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < seconds * 1_000_000_000L) {
            long beforeNs = System.nanoTime();
            JsonNode view = migration.view();
            long nowNs = System.nanoTime();
            String status = view.path("status").asText();
            long sent = view.path("transferredBytes").asLong();
            if (status.equals("active") && sent > 0) {
                reported.add(new Reading((beforeNs + nowNs) / 2, sent));
                wire.add(new Reading(
                        System.nanoTime(), NetworkDevice.read(DEVICE).sentBytes()));
            } else if (Migration.ENDED.contains(status)) {
                break;
            }
            Thread.sleep(POLL_MS);
        }
        migration.cancel();
        migration.awaitEnd(LIMIT);
        List<Double> rates = reported.isEmpty() ? List.of() : RateWindows.of(reported);
        if (rates.isEmpty()) {
            throw new IOException("at " + limit + " B/s the migration was active for less than a second: take a lower"
                    + " limit or more memory");
        }
        return new Held(limit, rates, RateWindows.of(wire));
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not started by the command line");
        }
        return spec;
    }

    private static String markdown(MachineFacts machine, List<Held> held) {
        MarkdownTable table = new MarkdownTable(
                "limit", "windows", "reported, MB/s", "on the wire, MB/s", "deviation", "limit of it", "");
        for (Held one : held) {
            Bar bar = one.bar();
            table.row(
                    "%d MB/s".formatted(one.limitBytesPerSecond() / 1_000_000),
                    Integer.toString(one.reported().size()),
                    range(one.reported()),
                    range(one.wire()),
                    bar.measuredText(),
                    bar.limitText(),
                    bar.verdict());
        }
        String quiet = machine.isQuiet() ? "" : "\n**The machine was not quiet: these figures do not count.**\n";
        return machine.startedAt() + ": " + machine.summary() + ".\n" + quiet + "\n" + table;
    }

    private static String range(List<Double> rates) {
        var statistics = rates.stream().mapToDouble(rate -> rate / 1e6).summaryStatistics();
        return String.format(Locale.ROOT, "%.1f–%.1f", statistics.getMin(), statistics.getMax());
    }

    private static Map<String, Object> asJson(MachineFacts machine, List<Held> held) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine);
        json.put("held", held);
        json.put("bars", held.stream().map(Held::bar).map(Bar::asJson).toList());
        return json;
    }
}
