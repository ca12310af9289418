package io.godwit.benchmarks.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One guest from its start to its last line, watched through the file that its serial port is written to. */
final class GuestRun {
    private static final long LIMIT_NS = 180_000_000_000L;
    private static final long POLL_MS = 10;
    private static final String STARTED = "drive: job ";
    private static final String END = "drive: end";

    private final Path serial;
    private final List<IoJob> jobs;
    private final Tap tap;

    GuestRun(Path serial, List<IoJob> jobs, Tap tap) {
        this.serial = serial;
        this.jobs = jobs;
        this.tap = tap;
    }

    /** Waits for the end, and sends packets while a job wants them. */
    List<JobResult> await() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT_NS;
        try (PacketSource packets = new PacketSource()) {
            while (true) {
                List<String> lines = lines();
                List<JobResult> results = results(lines);
                int running = started(lines) - 1;
                if (running >= results.size()
                        && running < jobs.size()
                        && jobs.get(running).received()) {
                    packets.start(tap);
                } else {
                    packets.stop();
                }
                if (lines.stream().anyMatch(line -> line.startsWith(END))) {
                    return complete(results);
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("the guest did not end; it printed " + lines);
                }
                Thread.sleep(POLL_MS);
            }
        }
    }

    private List<JobResult> complete(List<JobResult> results) throws IOException {
        if (results.size() != jobs.size()) {
            throw new IOException(
                    "the guest ended after " + results.size() + " of " + jobs.size() + " jobs: " + lines());
        }
        return results;
    }

    /** Those that are whole. */
    private List<String> lines() throws IOException {
        if (!Files.exists(serial)) {
            return List.of();
        }
        String text = Files.readString(serial, StandardCharsets.ISO_8859_1);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private static List<JobResult> results(List<String> lines) throws IOException {
        List<JobResult> results = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("{")) {
                results.add(JobResult.parse(line));
            }
        }
        return results;
    }

    private static int started(List<String> lines) {
        return (int) lines.stream().filter(line -> line.startsWith(STARTED)).count();
    }
}
