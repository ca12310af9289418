package io.godwit.benchmarks.link;

import io.godwit.benchmarks.Benchmarks;
import io.godwit.benchmarks.ClusterOptions;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.machine.NetworkDevice;
import io.godwit.benchmarks.migration.GodwitMigrations;
import io.godwit.benchmarks.migration.Load;
import io.godwit.benchmarks.migration.Sample;
import io.godwit.benchmarks.migration.Sample.Kind;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.MarkdownTable;
import io.godwit.benchmarks.report.Median;
import io.godwit.benchmarks.report.ResultFiles;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Migration over a link as slow as most are, shared with the cluster's own heartbeats. Needs root. */
@Command(
        name = "link",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "migration over a 1 Gbit/s link, between network namespaces; needs root")
public final class LinkBenchmark implements Callable<Integer> {
    private static final List<String> HOSTS = List.of("alpha", "beta", "gamma");
    private static final double ACCEPTED_USE_PERCENT = 80;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(names = "--mbit", defaultValue = "1000", description = "speed of each host's link, Mbit/s (default: 1000)")
    private int mbit;

    @Option(names = "--mtu", defaultValue = "1500", description = "of each link (default: 1500)")
    private int mtu;

    @Option(names = "--load", defaultValue = "20@64", paramLabel = "MB/s@MiB", description = "default: 20@64")
    private String load = "";

    @Option(names = "--runs", defaultValue = "3", description = "migrations that count, after a first one (default: 3)")
    private int runs;

    @Option(names = "--memory", defaultValue = "1024", paramLabel = "MiB", description = "of the guest (default: 1024)")
    private int memoryMiB;

    @Option(
            names = "--param",
            defaultValue = "{}",
            paramLabel = "JSON",
            description = "further fields of the migration's request")
    private String parameters = "{}";

    /**
     * One migration over the link.
     *
     * @param wireBytes what the source's link carried away from it, from a second before the migration until its end
     * @param usePercent of the link, over the migration's time
     */
    record Crossing(Sample sample, long wireBytes, double usePercent) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Load parsed = parsedLoad();
        if (!OwnNamespace.isHere()) {
            return OwnNamespace.runAgain(
                    Benchmarks.class,
                    spec().commandLine().getParent().getParseResult().originalArgs());
        }
        MachineFacts machine = cluster.facts();
        PrintWriter out = new PrintWriter(spec().commandLine().getOut(), true);
        out.println(machine.summary());
        if (cluster.refuses(machine)) {
            return ClusterOptions.NOT_QUIET;
        }
        List<Crossing> crossings;
        Set<String> unreachable;
        try (SlowNetwork network = SlowNetwork.make(HOSTS, mbit + "mbit", mtu);
                TestCluster nodes = TestCluster.three(placed(network)::get);
                Reachability reachability = Reachability.watch(nodes)) {
            crossings = cross(nodes, parsed, out);
            unreachable = reachability.seen();
            out.print(network.shaper("alpha"));
        }
        String markdown = markdown(machine, crossings, unreachable);
        out.print(markdown);
        out.println("results: "
                + ResultFiles.write(cluster.out(), "link", asJson(machine, crossings, unreachable), markdown));
        return crossings.stream().anyMatch(crossing -> crossing.sample().figures() != null)
                ? 0
                : ClusterOptions.NOTHING_MEASURED;
    }

    private Load parsedLoad() {
        try {
            Load parsed = Load.parse(load);
            if (mbit < 1 || mbit > 100_000 || mtu < 1280 || mtu > 65_535 || runs < 1 || memoryMiB < 64) {
                throw new IllegalArgumentException("expected --mbit from 1 to 100000, --mtu from 1280 to 65535, --runs"
                        + " from 1, --memory from 64");
            }
            return parsed;
        } catch (IllegalArgumentException refused) {
            throw new ParameterException(spec().commandLine(), String.valueOf(refused.getMessage()));
        }
    }

    private Map<String, NodeSettings> placed(SlowNetwork network) throws IOException {
        Map<String, NodeSettings> settings = new LinkedHashMap<>();
        for (String host : HOSTS) {
            settings.put(host, network.place(host, cluster.settings(host)));
        }
        return settings;
    }

    private List<Crossing> cross(TestCluster nodes, Load parsed, PrintWriter out)
            throws IOException, InterruptedException {
        List<Crossing> crossings = new ArrayList<>();
        try (GodwitMigrations migrations = GodwitMigrations.start(nodes, memoryMiB, parameters, parsed)) {
            for (int run = 0; run <= runs; run++) {
                String device = SlowNetwork.bridgeEnd(migrations.source());
                long before = NetworkDevice.read(device).receivedBytes();
                Sample sample = migrations.next(run == 0 ? Kind.FIRST : Kind.MEASURED, Math.max(run, 1));
                long bytes = NetworkDevice.read(device).receivedBytes() - before;
                Sample.Figures figures = sample.figures();
                double use = figures == null ? 0 : bytes * 8 / (mbit * 1e6) / (figures.outsideMs() / 1e3) * 100;
                crossings.add(new Crossing(sample, bytes, use));
                out.printf("%s, %.0f %% of the link%n", sample.summary(), use);
            }
        }
        return crossings;
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not started by the command line");
        }
        return spec;
    }

    private static List<Bar> bars(List<Crossing> crossings, Set<String> unreachable) {
        List<Bar> bars = new ArrayList<>();
        List<Double> uses = crossings.stream()
                .filter(crossing -> crossing.sample().kind() == Kind.MEASURED
                        && crossing.sample().figures() != null)
                .map(Crossing::usePercent)
                .toList();
        if (!uses.isEmpty()) {
            bars.add(Bar.atLeast("use of the link", ACCEPTED_USE_PERCENT, Median.of(uses), "%"));
        }
        bars.add(Bar.atMost("hosts seen otherwise than up", 0, unreachable.size(), "times"));
        return bars;
    }

    private String markdown(MachineFacts machine, List<Crossing> crossings, Set<String> unreachable) {
        MarkdownTable table = new MarkdownTable("bar", "limit", "measured", "");
        bars(crossings, unreachable)
                .forEach(bar -> table.row(bar.what(), bar.limitText(), bar.measuredText(), bar.verdict()));
        StringBuilder text = new StringBuilder(machine.startedAt())
                .append(": ")
                .append(machine.summary())
                .append(".\n")
                .append(machine.isQuiet() ? "" : "\n**The machine was not quiet: these figures do not count.**\n")
                .append("\nEach host behind %d Mbit/s at MTU %d.\n\n".formatted(mbit, mtu));
        crossings.forEach(crossing -> text.append("- ")
                .append(crossing.sample().summary().replaceAll(" +", " "))
                .append(", %.0f %% of the link\n".formatted(crossing.usePercent())));
        unreachable.forEach(seen -> text.append("- ").append(seen).append('\n'));
        return text.append('\n').append(table).toString();
    }

    private static Map<String, Object> asJson(MachineFacts machine, List<Crossing> crossings, Set<String> unreachable) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine);
        json.put("crossings", crossings);
        json.put("unreachable", unreachable);
        json.put("bars", bars(crossings, unreachable).stream().map(Bar::asJson).toList());
        return json;
    }
}
