package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import io.godwit.integration.harness.NodeConfigFile.Seat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One {@code godwit node} process, started through the launcher with a state directory and ports of its own. It ends
 * with the test's JVM at the latest.
 */
public final class TestNode implements AutoCloseable {
    private static final Duration READY_LIMIT = Duration.ofMinutes(2);
    private static final Duration END_LIMIT = Duration.ofMinutes(1);

    private final Seat seat;
    private final NodeSettings settings;
    private final Path directory;
    private final Path log;
    private final Process process;
    private @Nullable String url;
    private @Nullable NamespaceRelay relay;

    private TestNode(Seat seat, NodeSettings settings, Path directory, Path log, Process process) {
        this.seat = seat;
        this.settings = settings;
        this.directory = directory;
        this.log = log;
        this.process = process;
    }

    /** Starts the process; {@link #awaitReady} tells when it serves. */
    static TestNode start(String cluster, Seat seat, List<Seat> all, List<Seat> voting, NodeSettings settings) {
        Path directory = Checkout.scratch(seat.name());
        NodeConfigFile.write(directory, cluster, seat, all, voting, settings.config());
        return start(seat, settings, directory);
    }

    private static TestNode start(Seat seat, NodeSettings settings, Path directory) {
        Training.ofThisBuild();
        List<String> command = new ArrayList<>(settings.wrapper());
        Path config = directory.resolve(NodeConfigFile.NAME);
        command.addAll(List.of(Checkout.launcher().toString(), "node", "--config", config.toString()));
        Map<String, String> environment = new HashMap<>(settings.environment());
        environment.put("GODWIT_SKIP_BUILD", "1");
        Path log = directory.resolve("node.log");
        try {
            keepLogOfLastLife(log);
            TestNode node = new TestNode(seat, settings, directory, log, ChildProcess.start(command, environment, log));
            LogsOnFailure.watch(node);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a host did before it was killed tells what the others did afterwards. */
    private static void keepLogOfLastLife(Path log) throws IOException {
        if (Files.exists(log)) {
            int life = 1;
            while (Files.exists(log.resolveSibling("node-" + life + ".log"))) {
                life++;
            }
            Files.move(log, log.resolveSibling("node-" + life + ".log"));
        }
    }

    /** The same host again, after its process ended: same state, same ports, a new JVM. */
    TestNode startAgain() {
        if (isAlive()) {
            throw new IllegalStateException("host " + name() + " still runs");
        }
        LogsOnFailure.forget(this);
        return start(seat, settings, directory);
    }

    /** Waits for the line {@code godwit: host NAME ready at URL}. */
    public void awaitReady() {
        Pattern line = Pattern.compile("(?m)^godwit: host " + Pattern.quote(name()) + " ready at (http://\\S+)$");
        within(READY_LIMIT, "host " + name() + " is ready", () -> {
            if (!process.isAlive()) {
                return true;
            }
            Matcher matcher = line.matcher(logText());
            if (matcher.find()) {
                url = reachable(matcher.group(1));
            }
            return url != null;
        });
        if (url == null) {
            String log = logText();
            String message =
                    "host " + name() + " ended with code " + process.exitValue() + " before it was ready:\n" + log;
            throw log.contains("Failed to bind") || log.contains("Address already in use")
                    ? new PortTakenError(message)
                    : new AssertionError(message);
        }
    }

    /** Another namespace's loopback is not the test's. */
    private String reachable(String said) {
        String namespace = settings.namespace();
        if (namespace == null) {
            return said;
        }
        URI api = URI.create(said);
        relay = NamespaceRelay.into(namespace, new InetSocketAddress(api.getHost(), api.getPort()));
        return relay.url();
    }

    public String name() {
        return seat.name();
    }

    public long pid() {
        return process.pid();
    }

    public String url() {
        if (url == null) {
            throw new IllegalStateException("host " + name() + " is not ready");
        }
        return url;
    }

    public Rest rest() {
        return new Rest(url());
    }

    /** First of the UDP ports at which pages arrive. */
    public int firstMigrationPort() {
        return seat.migrationPort();
    }

    public int migrationPorts() {
        return NodeConfigFile.MIGRATION_PORTS;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What it runs: the {@code java} of some JDK. */
    public Path executable() {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid()), "exe"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public ProcessCensus census() {
        return ProcessCensus.of(pid());
    }

    /** SIGKILL: no code of the node runs any more. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGSTOP: as a host that hangs. */
    public void freeze() {
        signal("STOP");
    }

    public void thaw() {
        signal("CONT");
    }

    /** Waits until the process has ended by itself; returns the exit code. */
    public int awaitExit() {
        awaitEnd();
        return process.exitValue();
    }

    /** SIGTERM, waited for; returns the exit code. */
    public int terminate() {
        signal("TERM");
        awaitEnd();
        return process.exitValue();
    }

    private void signal(String name) {
        try {
            int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + name + " of host " + name() + " ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while signalling host " + name(), interrupted);
        }
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("host " + name() + " did not end in " + END_LIMIT);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while host " + name() + " ends", interrupted);
        }
    }

    /** Everything it printed and logged. */
    public String logText() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path directory() {
        return directory;
    }

    /** Where the QMP socket of one of its VMs is, while it has it. */
    public Path qmpSocket(String vmName) {
        return directory.resolve("state").resolve("qmp").resolve(vmName + ".sock");
    }

    /** Runs a command in the node's mount namespace. */
    public int inItsMounts(String... command) {
        List<String> entered = new ArrayList<>(List.of("nsenter", "--mount", "--target", Long.toString(pid()), "--"));
        entered.addAll(List.of(command));
        try {
            Process running = ChildProcess.start(entered, Map.of(), directory.resolve("mounts.log"));
            if (!running.waitFor(30, TimeUnit.SECONDS)) {
                running.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " did not end in 30 s");
            }
            return running.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a command runs", interrupted);
        }
    }

    /** Ends it at once, whatever state it is in. */
    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
        if (relay != null) {
            relay.close();
        }
        LogsOnFailure.forget(this);
    }

    @Override
    public String toString() {
        return name();
    }
}
