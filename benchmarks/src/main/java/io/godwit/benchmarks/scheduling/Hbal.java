package io.godwit.benchmarks.scheduling;

import io.godwit.benchmarks.machine.Command;
import io.godwit.control.ganeti.GanetiFile;
import io.godwit.control.ganeti.GanetiReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ganeti's balancer, of the package {@code ganeti-htools}. */
final class Hbal {
    private static final Pattern SCORE = Pattern.compile("Initial coefficients: overall ([0-9.]+)");

    private Hbal() {}

    /** Its version; empty where it is not installed. */
    static Optional<String> version() {
        return Command.firstLine("hbal", "--version");
    }

    /** The cluster as it leaves it, with the time its process took. */
    record Balanced(GanetiFile end, double initialScore, long durationMs) {}

    /**
     * Balances a file.
     *
     * @throws IOException when it fails, or takes longer than a minute
     */
    static Balanced balance(Path scratch, GanetiFile file) throws IOException {
        Path data = Files.writeString(scratch.resolve("cluster.data"), file.text());
        Path saved = scratch.resolve("cluster.saved");
        long started = System.nanoTime();
        String printed = Command.in(scratch, List.of("hbal", "-t", data.toString(), "-vvv", "-S", saved.toString()));
        long durationMs = (System.nanoTime() - started) / 1_000_000;
        Matcher score = SCORE.matcher(printed);
        if (!score.find()) {
            throw new IOException("hbal printed no initial score: " + printed.strip());
        }
        Path balanced = scratch.resolve("cluster.saved.balanced");
        GanetiFile end = GanetiReader.read(balanced.toString(), Files.readString(balanced));
        return new Balanced(end, Double.parseDouble(score.group(1)), durationMs);
    }
}
