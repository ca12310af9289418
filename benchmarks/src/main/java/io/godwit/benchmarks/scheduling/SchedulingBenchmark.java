package io.godwit.benchmarks.scheduling;

import io.godwit.benchmarks.ClusterOptions;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.MarkdownTable;
import io.godwit.benchmarks.report.ResultFiles;
import io.godwit.benchmarks.scheduling.Comparison.End;
import io.godwit.integration.harness.Checkout;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Balances generated clusters, each also by {@code hbal} where that is installed. Starts no node. */
@Command(
        name = "scheduling",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "balancing generated clusters, beside Ganeti's hbal where that is installed")
public final class SchedulingBenchmark implements Callable<Integer> {
    private static final double ACCEPTED_MS = 1_000;
    private static final double ACCEPTED_LARGE_MS = 10_000;
    private static final int LARGE_HOSTS = 1_000;
    private static final int LARGE_VMS = 20_000;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(names = "--hosts", defaultValue = "50", description = "of each cluster (default: 50)")
    private int hosts;

    @Option(names = "--vms", defaultValue = "500", description = "of each cluster (default: 500)")
    private int vms;

    @Option(names = "--seeds", defaultValue = "5", description = "clusters, of the seeds 1 to N (default: 5)")
    private int seeds;

    @Option(names = "--no-large", description = "leave out the cluster of 1,000 hosts and 20,000 VMs")
    private boolean noLarge;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (hosts < 2 || hosts > 200 || vms < 1 || vms > 20 * hosts || seeds < 1 || seeds > 1_000) {
            throw new ParameterException(
                    spec().commandLine(),
                    "expected --hosts from 2 to 200, --vms from 1 to 20 for each, --seeds from 1 to 1000");
        }
        MachineFacts machine = options.facts();
        PrintWriter out = new PrintWriter(spec().commandLine().getOut(), true);
        out.println(machine.summary());
        if (options.refuses(machine)) {
            return ClusterOptions.NOT_QUIET;
        }
        Optional<String> hbal = Hbal.version();
        out.println(hbal.orElse("hbal is not installed (package ganeti-htools): Godwit alone is measured"));
        Path scratch = hbal.isPresent() ? Checkout.scratch("scheduling") : null;
        List<Comparison> comparisons = new ArrayList<>();
        for (long seed = 0; seed <= seeds; seed++) {
            Comparison comparison = Comparison.of(seed, hosts, vms, scratch);
            out.println((seed == 0 ? "warm-up, " : "") + line(comparison));
            if (seed > 0) {
                comparisons.add(comparison);
            }
        }
        Comparison large = noLarge ? null : Comparison.of(1, LARGE_HOSTS, LARGE_VMS, null);
        if (large != null) {
            out.println(line(large));
        }
        String markdown = markdown(machine, hbal, comparisons, large);
        out.print(markdown);
        out.println("results: "
                + ResultFiles.write(options.out(), "scheduling", asJson(machine, hbal, comparisons, large), markdown));
        return 0;
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not started by the command line");
        }
        return spec;
    }

    private static String line(Comparison comparison) {
        return "seed %d, %d hosts, %d VMs: score %.4f; Godwit %s; hbal %s"
                .formatted(
                        comparison.seed(),
                        comparison.hosts(),
                        comparison.vms(),
                        comparison.before(),
                        text(comparison.godwit()),
                        comparison.hbal() == null ? "not run" : text(comparison.hbal()));
    }

    private static String text(End end) {
        return String.format(
                Locale.ROOT,
                "%.4f (imbalance %.4f) with %d moves in %d ms",
                end.score(),
                end.imbalance(),
                end.moves(),
                end.durationMs());
    }

    static List<Bar> bars(List<Comparison> comparisons, @Nullable Comparison large) {
        List<Bar> bars = new ArrayList<>();
        double slowest = comparisons.stream()
                .mapToDouble(comparison -> comparison.godwit().durationMs())
                .max()
                .orElse(0);
        bars.add(Bar.atMost("longest time to a plan", ACCEPTED_MS, slowest, "ms"));
        if (comparisons.stream().anyMatch(comparison -> comparison.hbal() != null)) {
            double worse = (double) comparisons.stream()
                    .filter(comparison -> !comparison.isNoWorse())
                    .count();
            bars.add(Bar.atMost("clusters left worse than by hbal, or with more moves", 0, worse, ""));
        }
        if (large != null) {
            bars.add(Bar.atMost(
                    "time to a plan, " + LARGE_HOSTS + " hosts",
                    ACCEPTED_LARGE_MS,
                    (double) large.godwit().durationMs(),
                    "ms"));
        }
        return bars;
    }

    private static String markdown(
            MachineFacts machine, Optional<String> hbal, List<Comparison> comparisons, @Nullable Comparison large) {
        MarkdownTable table = new MarkdownTable("bar", "limit", "measured", "");
        bars(comparisons, large)
                .forEach(bar -> table.row(bar.what(), bar.limitText(), bar.measuredText(), bar.verdict()));
        StringBuilder text = new StringBuilder(machine.startedAt())
                .append(": ")
                .append(machine.summary())
                .append(", ")
                .append(hbal.orElse("no hbal"))
                .append(".\n")
                .append(machine.isQuiet() ? "\n" : "\n**The machine was not quiet: these times do not count.**\n\n");
        comparisons.forEach(
                comparison -> text.append("- ").append(line(comparison)).append('\n'));
        if (large != null) {
            text.append("- ").append(line(large)).append('\n');
        }
        return text.append('\n').append(table).toString();
    }

    private static Map<String, Object> asJson(
            MachineFacts machine, Optional<String> hbal, List<Comparison> comparisons, @Nullable Comparison large) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine);
        json.put("hbal", hbal.orElse(""));
        json.put("comparisons", comparisons);
        json.put("large", large);
        json.put("bars", bars(comparisons, large).stream().map(Bar::asJson).toList());
        return json;
    }
}
