package io.godwit.migration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process holds of the host, as {@code /proc/self} sees it. */
public record ProcessFootprint(long descriptors, long guestMappings, long streamMappings, long threads) {
    private static final int SAMPLES = 20;

    /** The least of several looks: leaves out what other threads open for a moment. */
    public static ProcessFootprint settled() {
        ProcessFootprint least = now();
        for (int i = 0; i < SAMPLES; i++) {
            ProcessFootprint look = now();
            least = new ProcessFootprint(
                    Math.min(least.descriptors, look.descriptors),
                    Math.min(least.guestMappings, look.guestMappings),
                    Math.min(least.streamMappings, look.streamMappings),
                    Math.min(least.threads, look.threads));
        }
        return least;
    }

    private static ProcessFootprint now() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            var maps = Files.readAllLines(Path.of("/proc/self/maps"));
            return new ProcessFootprint(
                    open.count(),
                    maps.stream().filter(line -> line.contains("memfd:godwit:")).count(),
                    maps.stream().filter(line -> line.contains("/dev/shm/")).count(),
                    tasks.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A pool of the JVM or of Pekko may still have grown by a thread or two; fifty leaks would show. */
    public void assertNotAbove(ProcessFootprint before) {
        assertThat(descriptors).as("descriptors").isLessThanOrEqualTo(before.descriptors + 4);
        assertThat(guestMappings).as("guest mappings").isLessThanOrEqualTo(before.guestMappings);
        assertThat(streamMappings).as("stream mappings").isLessThanOrEqualTo(before.streamMappings + 4);
        assertThat(threads).as("threads").isLessThanOrEqualTo(before.threads + 4);
    }
}
