package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Echo requests to an address, ten a second, by the machine's own {@code ping}. */
public final class Ping implements AutoCloseable {
    public static final long INTERVAL_MS = 100;

    private static final Pattern REPLY = Pattern.compile("(?m)^\\d+ bytes from .* icmp_seq=(\\d+) .*\n");

    private final String address;
    private final Path output;
    private final Process process;

    private Ping(String address, Path output, Process process) {
        this.address = address;
        this.output = output;
        this.process = process;
    }

    /** Starts them, and waits for the first reply. */
    public static Ping start(String address, Duration limit) {
        Path output = Checkout.scratch("ping").resolve("output.txt");
        try {
            Process process = ChildProcess.start(List.of("ping", "-n", "-i", "0.1", address), Map.of(), output);
            Ping ping = new Ping(address, output, process);
            ping.awaitReplies(1, limit);
            return ping;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for so many more replies than there are. */
    public void awaitReplies(int more, Duration limit) {
        int before = replies().size();
        within(
                limit,
                address + " answers " + more + " more echo requests",
                () -> replies().size() >= before + more);
    }

    /** Numbers of the requests that were answered so far; the first request is 1. */
    public SortedSet<Integer> replies() {
        try {
            SortedSet<Integer> answered = new TreeSet<>();
            Matcher matcher = REPLY.matcher(Files.readString(output));
            while (matcher.find()) {
                answered.add(Integer.parseInt(matcher.group(1)));
            }
            return answered;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Requests from a first one on that were not answered, though a later one was. */
    public List<Integer> lostFrom(int first) {
        SortedSet<Integer> answered = replies();
        return IntStream.range(first, answered.isEmpty() ? first : answered.last())
                .filter(number -> !answered.contains(number))
                .boxed()
                .toList();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
