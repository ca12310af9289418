package io.godwit.benchmarks.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Short commands, run to their end. */
public final class Command {
    private static final long LIMIT_S = 60;

    private Command() {}

    /** Runs a command in this process's directory and returns what it printed, errors included. */
    public static String run(String... command) throws IOException {
        return in(Path.of(""), List.of(command));
    }

    /**
     * Runs a command and returns what it printed, errors included.
     *
     * @throws IOException when it cannot be started, takes longer than a minute, or ends with another code than 0;
     *     names the command and what it printed
     */
    public static String in(Path directory, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                throw new IOException(String.join(" ", command) + " did not end in " + LIMIT_S + " s");
            }
            if (process.exitValue() != 0) {
                throw new IOException(
                        String.join(" ", command) + " ended with " + process.exitValue() + ": " + printed.strip());
            }
            return printed;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + String.join(" ", command) + " runs", interrupted);
        } finally {
            process.destroyForcibly();
        }
    }

    /** The first line of what a command prints; empty where it is missing or fails. */
    public static Optional<String> firstLine(String... command) {
        try {
            return run(command).lines().findFirst();
        } catch (IOException missing) {
            return Optional.empty();
        }
    }
}
