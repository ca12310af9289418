package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.util.FileUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One of three voters comes back without its part of the ledger. */
@Timeout(180)
class ForgetfulVoterTest {
    @TempDir
    Path directory;

    private TestVoters voters;
    private final Map<String, TestSeat> hosts = new TreeMap<>();

    @BeforeEach
    void start() throws IOException {
        voters = new TestVoters(directory, 3);
        for (String id : List.of("host1", "host2", "host0")) {
            start(id);
        }
    }

    @AfterEach
    void stop() {
        CompletableFuture.allOf(hosts.values().stream()
                        .map(host -> CompletableFuture.runAsync(() -> close(host), task -> new Thread(task).start()))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    @Test
    void shouldNotServeUntilTheOthersHaveTakenItOutAndInAgain() throws Exception {
        applied(host("host1").ledger, create("vm", ""));
        host("host0").awaitVoters("host0", "host1", "host2");
        stop("host0");
        FileUtils.deleteFully(RaftTuning.groupDir(voters.settings("host0"), Generation.FIRST));

        start("host0");

        assertThat(host("host0").role()).isEmpty();
        assertThat(host("host0").seat.notes())
                .singleElement()
                .asString()
                .contains("has lost its part of it")
                .contains("ledger replace host0 host0");
        applied(host("host0").ledger, create("asked-as-a-client", ""));
        assertThat(host("host1").awaitQuorum().missing()).containsExactly("host0");

        host("host1")
                .change
                .remove(host("host1").book.current(), "host0")
                .toCompletableFuture()
                .join();
        host("host0").awaitVoters("host1", "host2");
        assertThat(host("host0").seat.notes()).isEmpty();
        LedgerSettings.Voter joined = host("host0")
                .seat
                .join("127.0.0.1", voters.settings("host0").self().orElseThrow().port())
                .toCompletableFuture()
                .join();
        host("host1").awaitVoters("host1", "host2");
        host("host1")
                .change
                .add(host("host1").book.current(), joined)
                .toCompletableFuture()
                .join();

        host("host0").awaitVoters("host0", "host1", "host2");
        stop("host2");
        assertThat(patiently(host("host0").ledger::list)).hasSize(2);
    }

    @Test
    void shouldBeKnownByItsNameWhereAllOfItsDirectoryIsGone() throws Exception {
        patiently(() -> host("host0").ledger.submit(new LedgerCommand.NameHost("name/1", "host0", "state0")));
        for (String id : List.of("host1", "host2")) {
            patiently(host(id).ledger::list);
        }
        stop("host0");
        FileUtils.deleteFully(directory.resolve("host0"));

        start("host0");

        assertThat(host("host0").role()).isEmpty();
        assertThat(host("host0").seat.notes()).hasSize(1);
    }

    @Test
    void shouldServeWhereItFirstStartsLaterThanTheOthers() throws Exception {
        stop("host0");
        FileUtils.deleteFully(directory.resolve("host0"));
        applied(host("host1").ledger, create("vm", ""));

        start("host0");

        assertThat(host("host0").seat.notes()).isEmpty();
        await("it has the log").atMost(Duration.ofSeconds(40)).until(() -> committed("host0") >= committed("host1"));
        stop("host2");
        assertThat(patiently(host("host0").ledger::list)).hasSize(1);
    }

    private long committed(String id) {
        return host(id).seat.roleInfo().orElseThrow().committedIndex();
    }

    private TestSeat host(String id) {
        return hosts.get(id);
    }

    private void stop(String id) throws IOException {
        hosts.remove(id).close();
    }

    private void start(String id) throws IOException {
        hosts.put(id, TestSeat.open(voters.settings(id), id, directory.resolve(id), PermitTimes.DEFAULT));
    }

    private static void close(TestSeat host) {
        try {
            host.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
