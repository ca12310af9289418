package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters and a fourth host, as nodes have them; two voters are lost for good, or so it is said. */
@Timeout(180)
class LedgerRecoveryTest {
    private static final Duration SOON = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private TestVoters voters;
    private final Map<String, TestSeat> hosts = new TreeMap<>();

    @BeforeEach
    void start() throws IOException {
        voters = new TestVoters(directory, 3);
        for (String id : List.of("host0", "host1", "host2", "host3")) {
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
    void shouldGoOnWithAllThatTheSurvivorHas() throws IOException {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        loseTwo();

        VoterSet founders = recover("host0");

        assertThat(founders.generation().number()).isEqualTo(1);
        assertThat(founders.ids()).containsExactly("host0");
        assertThat(patiently(() -> host("host0").ledger.find(vm.id()))).contains(vm);
        applied(host("host0").ledger, create("after", ""));
        LedgerStatus status = host("host0").awaitQuorum();
        assertThat(status.leader()).contains("host0");
        assertThat(status.voters().generation()).isEqualTo(founders.generation());

        stop("host0");
        start("host0");
        assertThat(patiently(host("host0").ledger::list)).hasSize(2);
        assertThat(host("host0").book.current().generation()).isEqualTo(founders.generation());
    }

    @Test
    void shouldTellAClientThatOnlyKnowsTheOldVoters() throws IOException {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        loseTwo();

        recover("host0");

        assertThat(patiently(() -> host("host3").ledger.find(vm.id()))).contains(vm);
        applied(host("host3").ledger, create("after", ""));
        assertThat(host("host3").book.current().ids()).containsExactly("host0");
    }

    @Test
    void shouldNotLetTheOldVotersFormTheOldMajorityWhenTheyComeBack() throws IOException {
        applied(host("host3").ledger, create("vm", ""));
        loseTwo();
        VoterSet founders = recover("host0");
        applied(host("host0").ledger, create("after", ""));

        start("host1");
        start("host2");

        for (String id : List.of("host1", "host2")) {
            assertThat(host(id).book.current().generation()).as(id).isEqualTo(founders.generation());
            assertThat(host(id).role()).as("%s votes no more", id).isEmpty();
            assertThat(patiently(host(id).ledger::list)).as(id).hasSize(2);
        }
        assertThat(host("host0").awaitQuorum().voters().ids()).containsExactly("host0");
    }

    @Test
    void shouldStopAnOldMajorityAsSoonAsItHearsOfTheNewGeneration() throws IOException {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        loseTwo();
        VoterSet founders = recover("host0");
        stop("host0");
        // The founder is off while those come back that were said to be lost: nobody can tell them.
        start("host1");
        start("host2");
        host("host1").awaitQuorum();
        assertThat(patiently(() -> host("host1").ledger.find(vm.id()))).contains(vm);

        start("host0");

        for (String id : List.of("host1", "host2")) {
            await(id + " knows better").atMost(SOON).untilAsserted(() -> {
                host(id).status();
                assertThat(host(id).book.current().generation()).isEqualTo(founders.generation());
                assertThat(host(id).role()).isEmpty();
            });
        }
        applied(host("host2").ledger, create("after", ""));
        assertThat(patiently(host("host0").ledger::list)).hasSize(2);
    }

    @Test
    void shouldGrowAgainToThreeVoters() throws Exception {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        loseTwo();
        recover("host0");
        start("host1");

        add("host0", "host3");
        add("host0", "host1");

        host("host1").awaitVoters("host0", "host1", "host3");
        stop("host0");
        assertThat(patiently(() -> host("host1").ledger.find(vm.id()))).contains(vm);
        applied(host("host3").ledger, create("two-of-three", ""));
    }

    @Test
    void shouldKeepAnEntryThatItDoesNotKnowToBeCommitted() throws IOException {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        LedgerServer.RoleInfo before = host("host0").seat.roleInfo().orElseThrow();
        loseTwo();

        LedgerCopy copy = host("host0").seat.copy().toCompletableFuture().join();

        assertThat(copy.last().index()).isGreaterThanOrEqualTo(before.committedIndex());
        assertThat(copy.touched()).containsExactly("vm");
        assertThat(copy.state().vms()).containsExactly(vm);
        assertThat(copy.writtenAt()).isPresent();
    }

    @Test
    void shouldReadACopyThatIsASnapshotAndWhatCameBehindIt() throws IOException {
        RatisLedger ledger = host("host3").ledger;
        VmRecord first = applied(ledger, create("first", ""));
        int commands = (int) LedgerStateMachine.ENTRIES_PER_SNAPSHOT + 500;
        for (int sent = 0; sent < commands; sent += 100) {
            patiently(() -> CompletableFuture.allOf(Stream.generate(() -> ledger.submit(create("first", "")))
                    .limit(100)
                    .map(CompletionStage::toCompletableFuture)
                    .toArray(CompletableFuture<?>[]::new)));
        }
        VmRecord last = applied(ledger, create("last", ""));
        Path machine = RaftTuning.groupDir(voters.settings("host0"), Generation.FIRST)
                .toPath()
                .resolve("sm");
        await().atMost(SOON).until(() -> {
            try (Stream<Path> files = Files.list(machine)) {
                return files.findAny().isPresent();
            }
        });
        await().atMost(SOON)
                .until(() -> host("host0")
                                .seat
                                .copy()
                                .toCompletableFuture()
                                .join()
                                .state()
                                .vms()
                                .size()
                        == 2);
        loseTwo();

        recover("host0");

        assertThat(patiently(host("host0").ledger::list)).containsExactly(first, last);
    }

    @Test
    void shouldKeepTheOldLedgerWhereTheCopyIsDamaged() throws IOException {
        applied(host("host3").ledger, create("vm", ""));
        loseTwo();
        Path current = RaftTuning.groupDir(voters.settings("host0"), Generation.FIRST)
                .toPath()
                .resolve("current");
        Path segment;
        try (Stream<Path> files = Files.list(current)) {
            segment = files.filter(file -> file.getFileName().toString().startsWith("log_"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(segment);
        bytes[40] ^= 1;
        Files.write(segment, bytes);

        assertThatThrownBy(() -> recover("host0"))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("host0");
        assertThat(host("host0").book.current().generation()).isEqualTo(Generation.FIRST);
    }

    private VoterSet recover(String id) {
        return host(id).seat
                .beginAnew(host(id).book.current().generation())
                .toCompletableFuture()
                .join();
    }

    private void add(String by, String in) throws IOException {
        await(in + " and " + by + " know the same voters").atMost(SOON).until(() -> {
            host(in).status();
            host(by).status();
            return host(in).book.current().isSameAs(host(by).book.current());
        });
        int port = voters.settings(null).voters().stream()
                .filter(voter -> voter.id().equals(in))
                .findFirst()
                .orElse(TestVoters.voters(1).get(0))
                .port();
        LedgerSettings.Voter joined =
                host(in).seat.join("127.0.0.1", port).toCompletableFuture().join();
        host(by).awaitQuorum();
        host(by).change
                .add(host(by).book.current(), joined)
                .toCompletableFuture()
                .join();
    }

    private void loseTwo() throws IOException {
        await("host0 has all")
                .atMost(SOON)
                .until(() -> host("host0").awaitQuorum().states().stream()
                                .map(state -> state.role().orElseThrow().committedIndex())
                                .distinct()
                                .count()
                        == 1);
        stop("host1");
        stop("host2");
    }

    private TestSeat host(String id) {
        return hosts.get(id);
    }

    private void stop(String id) throws IOException {
        hosts.remove(id).close();
    }

    private void start(String id) throws IOException {
        hosts.put(
                id,
                TestSeat.open(
                        voters.settings(voters.ids().contains(id) ? id : null),
                        id,
                        directory.resolve(id),
                        PermitTimes.DEFAULT));
    }

    private static void close(TestSeat host) {
        try {
            host.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
