package io.godwit.node.demo;

import io.godwit.node.DriverDirectory;
import io.godwit.node.cli.ApiClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One node of the demo: a process of its own, started as an operator would. */
final class DemoNode {
    private static final String READY = "godwit: host ";
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final String name;
    private final Path config;
    private final Path log;
    private final Process process;
    private final CompletableFuture<String> readyLine = new CompletableFuture<>();

    private DemoNode(String name, Path config, Path log, Process process) {
        this.name = name;
        this.config = config;
        this.log = log;
        this.process = process;
    }

    /**
     * Starts a process; {@link #awaitReady} says when it serves.
     *
     * @param jvmOption one more for its JVM, or empty
     */
    static DemoNode start(Path launcher, String name, Path config, String jvmOption) {
        Path log = config.resolveSibling(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(List.of(launcher.toString(), "node", "--config", config.toString()))
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("GODWIT_SKIP_BUILD", "1");
        // What a killed JVM leaves in its temporary directory goes with the demo's files.
        builder.environment()
                .merge(
                        "GODWIT_JAVA_OPTS",
                        "-Djava.io.tmpdir=" + config.getParent() + " " + jvmOption,
                        (given, own) -> given + " " + own);
        try {
            DemoNode node = new DemoNode(name, config, log, builder.start());
            Thread reader = new Thread(node::readOutput, "demo-" + name);
            reader.setDaemon(true);
            reader.start();
            return node;
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot start " + launcher + " for host " + name, failed);
        }
    }

    private void readOutput() {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(READY)) {
                    readyLine.complete(line);
                }
            }
        } catch (IOException gone) {
            // The process has ended: told below.
        }
        readyLine.completeExceptionally(new DemoException("its output ended"));
    }

    /** The line a node prints when it serves. */
    String awaitReady(Duration limit) throws InterruptedException {
        try {
            return readyLine.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException ended) {
            throw new DemoException("the node of host " + name + " ended before it was ready" + tail());
        } catch (TimeoutException late) {
            throw new DemoException(
                    "the node of host " + name + " was not ready within " + limit.toSeconds() + " s" + tail());
        }
    }

    /** The last of what it logged, to be appended to a message. */
    private String tail() {
        try {
            List<String> lines = Files.readAllLines(log);
            return lines.stream()
                    .skip(Math.max(0, lines.size() - 5L))
                    .map(line -> System.lineSeparator() + "  " + line)
                    .reduce("; its log ends:", String::concat);
        } catch (IOException unreadable) {
            return "";
        }
    }

    String name() {
        return name;
    }

    Path config() {
        return config;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String url() {
        String line = readyLine.getNow("");
        return line.substring(line.lastIndexOf(' ') + 1);
    }

    ApiClient api() {
        return new ApiClient(url());
    }

    /** As power loss would: SIGKILL, nothing is left in order. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What a node that was killed left outside the demo's directory; its next start would have cleared it. */
    Path leftovers() {
        return DriverDirectory.of(name, process.pid());
    }

    /** SIGTERM; {@link #awaitEnd} waits for it. */
    void terminate() {
        process.destroy();
    }

    void awaitEnd() {
        awaitEnd(STOP_LIMIT);
    }

    /** Killed if it has not ended by then. */
    void awaitEnd(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
