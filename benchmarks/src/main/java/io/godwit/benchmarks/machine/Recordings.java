package io.godwit.benchmarks.machine;

import io.godwit.integration.harness.Host.Jdk;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Flight recordings of nodes, by the JDK's own {@code jcmd}: where their threads spend their time. */
public final class Recordings {
    private static final String NAME = "godwit-bench";
    /** From this one on the JVM samples by CPU time (JEP 509), native code included. */
    private static final int CPU_TIME_SAMPLES_SINCE = 25;

    private final Jdk jdk;
    private final Path directory;

    public Recordings(Jdk jdk, Path directory) {
        this.jdk = jdk;
        this.directory = directory.toAbsolutePath();
    }

    /** Starts to record; what went before, such as warming up, is not in it. */
    public void start(List<TestNode> nodes) throws IOException {
        for (TestNode node : nodes) {
            List<String> command = command(node, "JFR.start");
            command.addAll(List.of("name=" + NAME, "settings=profile"));
            if (jdk.feature() >= CPU_TIME_SAMPLES_SINCE) {
                command.add("jdk.CPUTimeSample#enabled=true");
            }
            Command.in(directory(), command);
        }
    }

    /** Writes {@code HOST.jfr} for each node, and returns the line that says how to read one. */
    public String dump(List<TestNode> nodes) throws IOException {
        for (TestNode node : nodes) {
            List<String> command = command(node, "JFR.dump");
            command.addAll(List.of("name=" + NAME, "filename=" + directory.resolve(node.name() + ".jfr")));
            Command.in(directory(), command);
        }
        String view = jdk.feature() >= CPU_TIME_SAMPLES_SINCE ? "cpu-time-hot-methods" : "hot-methods";
        return "read the recordings with: " + jdk.home().resolve("bin/jfr") + " view " + view + " "
                + directory.resolve("alpha.jfr");
    }

    private Path directory() throws IOException {
        return Files.createDirectories(directory);
    }

    private List<String> command(TestNode node, String what) {
        return new ArrayList<>(List.of(jdk.home().resolve("bin/jcmd").toString(), Long.toString(node.pid()), what));
    }
}
