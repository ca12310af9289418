package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.ClusterOptions;
import io.godwit.benchmarks.machine.BackedMemory;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.machine.Recordings;
import io.godwit.benchmarks.qemu.QemuVariant;
import io.godwit.benchmarks.report.ResultFiles;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Live migration, Godwit and QEMU in turn: the same guest, machine, clock and downtime limit. */
@Command(
        name = "migration",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "live migration, Godwit and QEMU in turn")
public final class MigrationBenchmark implements Callable<Integer> {
    /** What a migration takes beside the guest's memory, with room to spare. */
    private static final long BESIDE_GUEST_MIB = 256;

    private static final int SMALLEST_MIB = 64;
    private static final int LARGEST_MIB = 1 << 16;

    /** Which systems take part. */
    enum Side {
        GODWIT,
        QEMU
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--loads",
            split = ",",
            defaultValue = "50,200,600",
            paramLabel = "MB/s[@MiB]",
            description = "what the guest dirties, over which working set (default: ${DEFAULT-VALUE})")
    private List<String> loads = List.of();

    @Option(names = "--runs", defaultValue = "5", description = "migrations that count, of each (default: 5)")
    private int runs;

    @Option(
            names = "--warm-up",
            defaultValue = "3",
            description = "migrations of each before those that count; the first is reported (default: 3)")
    private int warmUps;

    @Option(names = "--memory", defaultValue = "1024", paramLabel = "MiB", description = "of the guest (default: 1024)")
    private int memoryMiB;

    @Option(names = "--only", paramLabel = "SIDE", description = "godwit or qemu")
    private @Nullable Side only;

    @Option(
            names = "--qemu",
            split = ",",
            defaultValue = "qemu,qemu-multifd2",
            paramLabel = "VARIANT",
            description = "of qemu, qemu-multifd2, qemu-multifd2-tls (default: ${DEFAULT-VALUE})")
    private List<String> variants = List.of();

    @Option(
            names = "--param",
            defaultValue = "{}",
            paramLabel = "JSON",
            description = "further fields of Godwit's request, such as '{\"verify\": \"none\"}'")
    private String parameters = "{}";

    @Option(
            names = "--verify",
            paramLabel = "MODE",
            description = "Godwit's comparison of memory: none, after-resume or at-pause (default: the node's)")
    private @Nullable String verify;

    @Option(names = "--plan", description = "measure the dirty rate before each of Godwit's, and judge its plan by it")
    private boolean planned;

    @Option(names = "--downtime-limit", defaultValue = "300", paramLabel = "ms", description = "of both (default: 300)")
    private long downtimeLimitMs;

    @Option(names = "--limit", defaultValue = "60", paramLabel = "s", description = "for one migration (default: 60)")
    private int limitSeconds;

    @Option(names = "--profile", description = "leave flight recordings of the nodes beside the results")
    private boolean profile;

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Load> parsedLoads = accept(() -> loads.stream().map(Load::parse).toList());
        List<QemuVariant> parsedVariants =
                accept(() -> variants.stream().map(QemuVariant::parse).toList());
        Map<String, Object> request = request();
        checkRanges();
        MachineFacts machine = cluster.facts();
        List<String> warnings = warnings(machine);
        PrintWriter out = out();
        out.println(machine.summary());
        warnings.forEach(warning -> out.println("WARNING: " + warning));
        if (cluster.refuses(machine)) {
            return ClusterOptions.NOT_QUIET;
        }
        List<Sample> samples = measure(parsedLoads, parsedVariants, request, out);
        MigrationReport report = new MigrationReport(machine, conditions(request), warnings, samples, planned, profile);
        Path file = ResultFiles.write(cluster.out(), "migration", report.asJson(), report.asMarkdown());
        out.println();
        out.print(report.asMarkdown());
        out.println();
        out.println("results: " + file);
        return samples.stream().anyMatch(sample -> sample.figures() != null) ? 0 : ClusterOptions.NOTHING_MEASURED;
    }

    private List<Sample> measure(
            List<Load> parsedLoads, List<QemuVariant> parsedVariants, Map<String, Object> request, PrintWriter out)
            throws IOException, InterruptedException {
        List<Subject> subjects = new ArrayList<>();
        TestCluster nodes = only == Side.QEMU ? null : cluster.start();
        try {
            if (nodes != null) {
                subjects.add(new GodwitSubject(nodes, memoryMiB, request, planned));
            }
            if (only != Side.GODWIT) {
                parsedVariants.forEach(variant -> subjects.add(new QemuSubject(variant, memoryMiB, downtimeLimitMs)));
            }
            Recordings recordings = profile && nodes != null ? cluster.recordings() : null;
            List<Sample> samples = new Schedule(
                            warmUps,
                            runs,
                            Duration.ofSeconds(limitSeconds),
                            () -> BackedMemory.touch((memoryMiB + BESIDE_GUEST_MIB) << 20))
                    .run(
                            subjects,
                            parsedLoads,
                            () -> {
                                if (recordings != null && nodes != null) {
                                    recordings.start(nodes.living());
                                }
                            },
                            sample -> out.println(sample.summary()));
            if (recordings != null && nodes != null) {
                out.println(recordings.dump(nodes.living()));
            }
            return samples;
        } finally {
            closeAll(subjects);
            if (nodes != null) {
                nodes.close();
            }
        }
    }

    private static void closeAll(List<Subject> subjects) {
        for (Subject subject : subjects) {
            try {
                subject.close();
            } catch (IOException | RuntimeException | AssertionError failed) {
                System.err.println("godwit-bench: " + subject.name() + " does not end as it should: " + failed);
            }
        }
    }

    private Map<String, Object> request() {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("downtimeLimitMs", downtimeLimitMs);
        if (verify != null) {
            request.put("verify", verify);
        }
        request.putAll(accept(() -> RequestFields.parse(parameters)));
        return request;
    }

    private void checkRanges() {
        range("--runs", runs, 1, 1000);
        range("--warm-up", warmUps, 0, 1000);
        range("--memory", memoryMiB, SMALLEST_MIB, LARGEST_MIB);
        range("--limit", limitSeconds, 1, 3600);
        range("--downtime-limit", downtimeLimitMs, 1, 2_000_000);
    }

    private void range(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw refused(option + " " + value + " is not accepted; expected " + least + " to " + most);
        }
    }

    private <T> T accept(Supplier<T> parse) {
        try {
            return parse.get();
        } catch (IllegalArgumentException malformed) {
            throw refused(String.valueOf(malformed.getMessage()));
        }
    }

    private ParameterException refused(String why) {
        return new ParameterException(spec().commandLine(), why);
    }

    private PrintWriter out() {
        return new PrintWriter(spec().commandLine().getOut(), true);
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not started by the command line");
        }
        return spec;
    }

    private List<String> warnings(MachineFacts machine) {
        List<String> warnings = new ArrayList<>();
        if (!machine.isQuiet()) {
            warnings.add(("The machine was not quiet (load average %.2f, %.2f cores busy with other things): these"
                            + " figures do not count.")
                    .formatted(machine.loadAverage(), machine.busyCores()));
        }
        if (profile) {
            warnings.add("The nodes were profiled meanwhile, which costs them time.");
        }
        return warnings;
    }

    private Map<String, String> conditions(Map<String, Object> request) {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("guest", memoryMiB + " MiB, 1 vCPU, incompressible");
        conditions.put("runs", Integer.toString(runs));
        conditions.put("warm-up", Integer.toString(warmUps));
        conditions.put("request", request.toString());
        conditions.put("node configuration", cluster.nodeConfig().toString());
        return conditions;
    }
}
