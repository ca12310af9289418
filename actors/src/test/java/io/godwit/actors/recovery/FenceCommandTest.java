package io.godwit.actors.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.NodeConfig.Fencing;
import io.godwit.control.ledger.HostIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real commands. */
@Timeout(60)
class FenceCommandTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final long PATIENT_MS = 30_000;

    @TempDir
    Path directory;

    @Test
    void shouldTellTheCommandWhatToFenceAndBelieveItsSuccess() {
        assertThat(fence(
                        "test \"$GODWIT_CLUSTER/$GODWIT_FENCE_HOST/$GODWIT_FENCE_INCARNATION\" = east/south/s1",
                        PATIENT_MS))
                .isEmpty();
    }

    @Test
    void shouldSayHowItFailed() {
        assertThat(fence("echo no power supply named $GODWIT_FENCE_HOST >&2; exit 3", PATIENT_MS)
                        .orElseThrow())
                .contains("exit status 3", "no power supply named south");
    }

    @Test
    void shouldEndOneThatHangsAndWhatItStarted() throws IOException {
        Path pid = directory.resolve("pid");

        String why = fence("sleep 600 & echo $! > " + pid + "; wait", 1_000).orElseThrow();

        assertThat(why).contains("did not end within 1000 ms");
        long child = Long.parseLong(Files.readString(pid).strip());
        await().atMost(Duration.ofSeconds(10))
                .until(() ->
                        ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void shouldNotBeStoppedByGarbage() {
        String why = fence("head -c 2000000 /dev/urandom; exit 1", PATIENT_MS).orElseThrow();

        assertThat(why).contains("exit status 1").hasSizeLessThan(400);
        assertThat(why.chars().anyMatch(Character::isISOControl)).isFalse();
    }

    @Test
    void shouldSayThatThereIsNoSuchCommand() {
        Optional<String> why = new FenceCommand("east", new Fencing(List.of("/no/such/fence"), PATIENT_MS, 0))
                .fence(SOUTH)
                .toCompletableFuture()
                .join();

        assertThat(why.orElseThrow()).contains("/no/such/fence cannot be run");
    }

    @Test
    void shouldCallForAnOperatorWhereNothingIsConfigured() {
        assertThat(Fencer.NONE.fence(SOUTH).toCompletableFuture().join().orElseThrow())
                .contains("no fencing.command is configured");
    }

    private static Optional<String> fence(String script, long timeoutMs) {
        return new FenceCommand("east", new Fencing(List.of("/bin/sh", "-c", script), timeoutMs, 0))
                .fence(SOUTH)
                .toCompletableFuture()
                .join();
    }
}
