package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A shell command at a terminal of its own, which {@code script} makes: what that shows, and what is typed there. */
public final class AtTerminal implements AutoCloseable {
    private static final Path SCRIPT = Path.of("/usr/bin/script");

    private final Path screen;
    private final Process process;

    private AtTerminal(Path screen, Process process) {
        this.screen = screen;
        this.process = process;
    }

    /** Skips the test, with a line, where no terminal can be made. */
    public static void assumePossible() {
        assumeTrue(Files.isExecutable(SCRIPT), "skipped: no " + SCRIPT + " (util-linux)");
    }

    /** Runs it with a terminal that echoes, as one does before a program changes it. */
    public static AtTerminal run(TestNode node, String command) {
        Map<String, String> environment = Map.of("GODWIT_API", node.url(), "GODWIT_SKIP_BUILD", "1");
        try {
            Path screen = Checkout.scratch("terminal").resolve("screen.txt");
            List<String> script =
                    List.of(SCRIPT.toString(), "-q", "-f", "-e", "-E", "always", "-c", command, "/dev/null");
            return new AtTerminal(screen, ChildProcess.startTyped(script, environment, screen));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keys, as the bytes that they send. */
    public void type(String keys) throws IOException {
        OutputStream keyboard = process.getOutputStream();
        keyboard.write(keys.getBytes(StandardCharsets.ISO_8859_1));
        keyboard.flush();
    }

    /** All that was shown so far. */
    public String shown() {
        try {
            return Files.exists(screen) ? Files.readString(screen, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void awaitShown(String text, Duration limit) {
        try {
            within(limit, "the terminal shows " + text, () -> shown().contains(text));
        } catch (RuntimeException late) {
            throw new AssertionError("the terminal shows only:\n" + shown(), late);
        }
    }

    /** Waits until the command has ended; its exit code. */
    public int awaitEnd(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("it did not end in " + limit + "; the terminal shows:\n" + shown());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
