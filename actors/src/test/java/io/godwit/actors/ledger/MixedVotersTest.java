package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters, one of which runs a build that speaks only the first level. */
@Timeout(180)
class MixedVotersTest {
    private static final Duration SOON = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private TestVoters voters;
    private final Map<String, TestSeat> hosts = new TreeMap<>();

    /** The older one comes last: it does not lead. */
    @BeforeEach
    void start() throws IOException {
        voters = new TestVoters(directory, 3);
        start("host0", 2);
        start("host1", 2);
        host("host0").awaitQuorum();
        start("host2", 1);
        await().atMost(SOON)
                .until(() -> host("host0").status().missing().isEmpty()
                        && host("host2").role().equals(Optional.of("follower")));
    }

    @AfterEach
    void stop() {
        CompletableFuture.allOf(hosts.values().stream()
                        .map(host -> CompletableFuture.runAsync(() -> close(host), task -> new Thread(task).start()))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    @Test
    void shouldBeRaisedWhenTheLastVoterIsUpgradedAndKeepItsOlderBuildOutFromThenOn() throws IOException {
        VmRecord before = applied(host("host2").ledger, create("before", ""));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(levels().objections(2))
                        .singleElement()
                        .asString()
                        .contains("host host2's build speaks only up to level 1"));
        assertThat(levels().level()).isEqualTo(OptionalInt.of(1));

        stop("host2");
        assertThat(levels().objections(2)).singleElement().asString().contains("host host2 cannot be asked");
        start("host2", 2);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(levels().objections(2)).isEmpty());
        raise();
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(host("host2").probe.levels().join().level()).isEqualTo(OptionalInt.of(2)));

        stop("host2");
        assertThatThrownBy(() -> voters.seat("host2", 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the ledger is of level 2")
                .hasMessageContaining("speaks only level 1")
                .hasMessageContaining("start the host with a build that speaks level 2");
        VmRecord after = applied(host("host0").ledger, create("after", ""));

        start("host2", 2);
        await().atMost(SOON).until(() -> host("host0").status().missing().isEmpty());
        assertThat(patiently(host("host2").ledger::list)).containsExactly(before, after);
    }

    @Test
    void shouldStopAVoterThatMeetsALevelAboveItsOwnWhileTheOthersGoOn() throws IOException {
        VmRecord before = applied(host("host0").ledger, create("before", ""));

        raise();

        TestSeat older = host("host2");
        await().atMost(SOON).until(() -> older.role().equals(Optional.of("stopped")));
        assertThat(older.seat.notes())
                .singleElement()
                .asString()
                .contains("voter has stopped: the ledger is of level 2")
                .contains("speaks only level 1");
        assertThat(older.seat.leading()).isEmpty();
        VmRecord after = applied(older.ledger, create("asked-as-a-client", ""));
        assertThat(host("host1").awaitQuorum().missing()).containsExactly("host2");

        stop("host2");
        start("host2", 2);

        await().atMost(SOON).until(() -> host("host0").status().missing().isEmpty());
        assertThat(patiently(host("host2").ledger::list)).containsExactly(before, after);
    }

    private LedgerLevels levels() {
        return host("host0").probe.levels().join();
    }

    private void raise() {
        LedgerCommand raise = new LedgerCommand.RaiseLevel(TestVoters.requestId(), 2);
        assertThat(patiently(() -> host("host0").ledger.submit(raise))).isInstanceOf(LedgerAnswer.Applied.class);
    }

    private TestSeat host(String id) {
        return hosts.get(id);
    }

    private void start(String id, int spoken) throws IOException {
        hosts.put(id, voters.seat(id, spoken));
    }

    private void stop(String id) throws IOException {
        hosts.remove(id).close();
    }

    private static void close(TestSeat host) {
        try {
            host.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
