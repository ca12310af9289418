package io.godwit.migration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** What this process holds of the host, as {@code /proc/self} sees it. */
public record ProcessFootprint(long descriptors, long guestMappings, long streamMappings, long threads) {
    /** Media drivers let go of closed streams a little later. */
    private static final Duration SETTLING = Duration.ofSeconds(15);

    private static final Duration LOOKING = Duration.ofSeconds(2);

    /** The least seen in a while: leaves out what lingers, or is open for a moment. */
    public static ProcessFootprint settled() {
        long end = System.nanoTime() + LOOKING.toNanos();
        ProcessFootprint least = now();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
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

    /**
     * Waits until no more is held than then. A pool of the JVM or of Pekko may have grown by a thread or two; fifty
     * leaks would show.
     */
    public static void assertReturnsTo(ProcessFootprint before) {
        Awaitility.await().atMost(SETTLING).untilAsserted(() -> {
            ProcessFootprint look = now();
            assertThat(look.descriptors).as("descriptors").isLessThanOrEqualTo(before.descriptors + 4);
            assertThat(look.guestMappings).as("guest mappings").isLessThanOrEqualTo(before.guestMappings);
            assertThat(look.streamMappings).as("stream mappings").isLessThanOrEqualTo(before.streamMappings + 4);
            assertThat(look.threads).as("threads").isLessThanOrEqualTo(before.threads + 4);
        });
    }
}
