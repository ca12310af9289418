package io.godwit.benchmarks.machine;

import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.Host.Jdk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;

/**
 * What the figures depend on.
 *
 * @param nodesJdk full version of the JDK that runs the nodes
 * @param qemu first line of {@code qemu-system-x86_64 --version}; empty where it is missing
 * @param loadAverage over the last minute, when the benchmark started
 * @param busyCores how many cores others kept busy in the second before it started
 * @param commit what was measured, as {@code git describe} names it; empty outside a clone
 */
public record MachineFacts(
        String startedAt,
        int cores,
        String cpu,
        long memoryMiB,
        String kernel,
        String nodesJdk,
        String benchmarkJdk,
        String qemu,
        double loadAverage,
        double busyCores,
        String commit) {
    /** Share of the cores that may be busy with other things for figures to count. */
    private static final double QUIET_SHARE = 0.05;

    /** Looks at the machine; takes a second, which it must be left alone for. */
    public static MachineFacts gather(Jdk nodes) throws IOException, InterruptedException {
        return new MachineFacts(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Runtime.getRuntime().availableProcessors(),
                field(Path.of("/proc/cpuinfo"), "model name"),
                Long.parseLong(field(Path.of("/proc/meminfo"), "MemTotal").split(" ")[0]) / 1024,
                System.getProperty("os.version", ""),
                field(nodes.home().resolve("release"), "JAVA_RUNTIME_VERSION").replace("\"", ""),
                Runtime.version().toString(),
                Command.firstLine("qemu-system-x86_64", "--version").orElse(""),
                currentLoadAverage(),
                BusyTime.coresOver(1_000),
                Command.firstLine("git", "-C", Checkout.root().toString(), "describe", "--always", "--dirty")
                        .orElse(""));
    }

    private static double currentLoadAverage() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    }

    /** The value of the first line {@code NAME : VALUE} or {@code NAME=VALUE} of a file; empty where there is none. */
    private static String field(Path file, String name) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length())
                            .replaceFirst("^\\s*[:=]\\s*", "")
                            .strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /** Whether nobody else used the machine. The load average looks back a minute; the busy cores are the present. */
    public boolean isQuiet() {
        return busyCores <= QUIET_SHARE * cores && loadAverage <= cores * 0.5;
    }

    /** In one line, for people. */
    public String summary() {
        return "%d cores (%s), %d MiB, Linux %s, nodes on JDK %s, %s, commit %s, load average %.2f, others use %.2f cores"
                .formatted(
                        cores,
                        cpu,
                        memoryMiB,
                        kernel,
                        nodesJdk,
                        qemu.isEmpty() ? "no QEMU" : qemu,
                        commit.isEmpty() ? "unknown" : commit,
                        loadAverage,
                        busyCores);
    }
}
