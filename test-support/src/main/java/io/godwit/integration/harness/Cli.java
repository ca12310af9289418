package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command line, run as an operator would. */
public final class Cli {
    private Cli() {}

    /** How a command ended, and what it printed, its errors included. */
    public record Result(int exitCode, String output) {
        public String lastLine() {
            return output.lines().filter(line -> !line.isBlank()).reduce("", (first, second) -> second);
        }
    }

    /** Runs {@code godwit ARGUMENTS} against a node; killed, and a failure, after {@code limit}. */
    public static Result run(TestNode node, Duration limit, String... arguments) {
        return run(Map.of("GODWIT_API", node.url()), limit, arguments);
    }

    public static Result run(Map<String, String> environment, Duration limit, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Checkout.launcher().toString()));
        command.addAll(List.of(arguments));
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("GODWIT_SKIP_BUILD", "1");
        try {
            Path output = Checkout.scratch("cli").resolve("output.txt");
            Process process = ChildProcess.start(command, variables, output);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        String.join(" ", command) + " did not end in " + limit + "; it printed:\n" + read(output));
            }
            return new Result(process.exitValue(), read(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a command runs", interrupted);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }
}
