package io.godwit.node.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The terminal of this process in raw mode, by {@code stty}, until it is closed: keys come as they are pressed, and
 * Ctrl-C is one of them. Given back on every way out that a process has a say in.
 */
final class Terminal implements AutoCloseable {
    private static final String DEVICE = "/dev/tty";
    private static final long STTY_TIMEOUT_S = 5;

    private final String before;
    private final Thread onExit = new Thread(this::restore, "godwit-terminal");

    private Terminal(String before) {
        this.before = before;
    }

    /** Whether keys are what this process reads. */
    static boolean isInput() {
        try {
            String input = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
            return input.startsWith("/dev/pts/") || input.startsWith("/dev/tty") || input.equals("/dev/console");
        } catch (IOException unknown) {
            return false;
        }
    }

    /** @throws ApiException when the terminal cannot be set */
    static Terminal raw() {
        Terminal terminal = new Terminal(stty("-g").strip());
        Runtime.getRuntime().addShutdownHook(terminal.onExit);
        try {
            stty("raw", "-echo");
            return terminal;
        } catch (RuntimeException failed) {
            terminal.close();
            throw failed;
        }
    }

    private static String stty(String... arguments) {
        List<String> command = new ArrayList<>(List.of("stty", "-F", DEVICE));
        command.addAll(List.of(arguments));
        try {
            Process stty = new ProcessBuilder(command).redirectErrorStream(true).start();
            String printed = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!stty.waitFor(STTY_TIMEOUT_S, TimeUnit.SECONDS) || stty.exitValue() != 0) {
                throw ApiException.unexpected("the terminal cannot be set: " + printed.strip());
            }
            return printed;
        } catch (IOException missing) {
            throw ApiException.unexpected("the terminal cannot be set: " + missing.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted");
        }
    }

    private void restore() {
        stty(before);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException exiting) {
            return; // the hook does it
        }
        restore();
    }
}
