package io.godwit.integration.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Processes that never outlive the test's JVM, however it ends: the kernel kills them with the thread that started
 * them, and that thread lives as long as the JVM.
 */
public final class ChildProcess {
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
    private static final ExecutorService STARTER = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "godwit-it-starter");
        thread.setDaemon(true);
        return thread;
    });

    private ChildProcess() {}

    /** Starts a command, its output and errors appended to one file, with these variables besides our own. */
    public static Process start(List<String> command, Map<String, String> environment, Path output) throws IOException {
        return start(
                command,
                environment,
                output,
                ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    }

    /** The same with its input open, for what is to be typed. */
    static Process startTyped(List<String> command, Map<String, String> environment, Path output) throws IOException {
        return start(command, environment, output, ProcessBuilder.Redirect.PIPE);
    }

    private static Process start(
            List<String> command, Map<String, String> environment, Path output, ProcessBuilder.Redirect input)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(endingWithUs(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .redirectInput(input);
        builder.environment().putAll(environment);
        Future<Process> starting = STARTER.submit(builder::start);
        try {
            Process process = starting.get(30, TimeUnit.SECONDS);
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return process;
        } catch (ExecutionException failed) {
            throw new IOException("could not start " + command, failed.getCause());
        } catch (java.util.concurrent.TimeoutException stuck) {
            throw new IOException("could not start " + command + " in 30 s", stuck);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting " + command, interrupted);
        }
    }

    private static List<String> endingWithUs(List<String> command) {
        if (!Files.isExecutable(SETPRIV)) {
            return command; // the shutdown hook has to do
        }
        List<String> bound = new ArrayList<>(List.of(SETPRIV.toString(), "--pdeathsig", "KILL"));
        bound.addAll(command);
        return bound;
    }
}
