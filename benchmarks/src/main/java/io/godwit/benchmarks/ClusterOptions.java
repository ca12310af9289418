package io.godwit.benchmarks;

import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.machine.Recordings;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.Host.Jdk;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all benchmarks with nodes have in common: which JDK, which configuration, where results go. */
public final class ClusterOptions {
    /** Exit code: nothing could be measured. */
    public static final int NOTHING_MEASURED = 1;
    /** Exit code: the machine is not quiet, and that was asked for. */
    public static final int NOT_QUIET = 3;

    /** In a value of {@link #nodeConfig}: the host's name. */
    private static final String HOST = "{host}";

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(names = "--jdk", paramLabel = "HOME", description = "of the nodes (default: the newest found)")
    private @Nullable Path jdkHome;

    @Option(
            names = "--node-config",
            paramLabel = "KEY=VALUE",
            description = "a key of the nodes' configuration; {host} in its value is the host's name")
    private Map<String, String> nodeConfig = new LinkedHashMap<>();

    @Option(names = "--out", paramLabel = "DIR", description = "of the results (default: benchmarks/target/results)")
    private @Nullable Path out;

    @Option(names = "--require-quiet", description = "refuse to measure on a machine that is busy with other things")
    private boolean requireQuiet;

    /** The JDK that runs the nodes. */
    public Jdk jdk() throws IOException {
        List<Jdk> jdks = Host.jdks();
        if (jdkHome != null) {
            Path home = jdkHome.toAbsolutePath();
            return jdks.stream()
                    .filter(jdk -> isSame(jdk.home(), home))
                    .findFirst()
                    .orElseThrow(() -> refused("--jdk " + home + " is not accepted; expected one of "
                            + jdks.stream().map(Jdk::home).toList()));
        }
        if (jdks.isEmpty()) {
            throw refused("found no JDK 17 or newer under /usr/lib/jvm to run nodes on");
        }
        return jdks.get(jdks.size() - 1);
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException missing) {
            return false;
        }
    }

    private ParameterException refused(String why) {
        if (spec == null) {
            throw new IllegalStateException(why);
        }
        return new ParameterException(spec.commandLine(), why);
    }

    public MachineFacts facts() throws IOException, InterruptedException {
        return MachineFacts.gather(jdk());
    }

    /** Whether this machine must not be measured on. */
    public boolean refuses(MachineFacts machine) {
        return requireQuiet && !machine.isQuiet();
    }

    public Map<String, String> nodeConfig() {
        return nodeConfig;
    }

    public Path out() {
        return out == null ? Checkout.root().resolve("benchmarks/target/results") : out;
    }

    public Recordings recordings() throws IOException {
        return new Recordings(jdk(), out());
    }

    /** What is unusual about a host. */
    public NodeSettings settings(String host) throws IOException {
        Map<String, String> config = new LinkedHashMap<>();
        nodeConfig.forEach((key, value) -> config.put(key, value.replace(HOST, host)));
        return new NodeSettings(config, Map.of("JAVA_HOME", jdk().home().toString()), List.of());
    }

    /** Three nodes on loopback, all voters. */
    public TestCluster start() throws IOException {
        Map<String, NodeSettings> settings = new LinkedHashMap<>();
        for (String host : List.of("alpha", "beta", "gamma")) {
            settings.put(host, settings(host));
        }
        return TestCluster.three(settings::get);
    }
}
