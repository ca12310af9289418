package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters and a fourth host, as nodes have them. */
@Timeout(180)
class VoterChangeTest {
    private static final Duration SOON = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private TestVoters voters;
    private final Map<String, TestSeat> hosts = new TreeMap<>();

    @BeforeEach
    void start() throws IOException {
        voters = new TestVoters(directory, 3);
        for (String id : voters.ids()) {
            hosts.put(id, voters.seat(id));
        }
        hosts.put("host3", voters.seat("host3"));
    }

    @AfterEach
    void stop() {
        stopAll();
    }

    /** Side by side: each waits some seconds for its connections to fall silent. */
    private void stopAll() {
        CompletableFuture.allOf(hosts.values().stream()
                        .map(host -> CompletableFuture.runAsync(() -> close(host), task -> new Thread(task).start()))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
        hosts.clear();
    }

    private static void close(TestSeat host) {
        try {
            host.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldSayOfEachVoterHowItStands() {
        applied(host("host3").ledger, create("vm", ""));

        host("host3").awaitQuorum();
        // The last to start first hears of the ledger from the others, and votes when the leader has sent it the log.
        await().atMost(SOON)
                .untilAsserted(() -> assertAllSayHowTheyStand(host("host3").status()));
    }

    private static void assertAllSayHowTheyStand(LedgerStatus status) {
        assertThat(status.missing()).isEmpty();
        assertThat(status.detail()).isEmpty();
        String leader = status.leader().orElseThrow();
        assertThat(status.states()).hasSize(3).allSatisfy(state -> {
            LedgerServer.RoleInfo role = state.role().orElseThrow();
            assertThat(role.role()).isEqualTo(role.id().equals(leader) ? "leader" : "follower");
            assertThat(role.term()).isPositive();
            assertThat(role.committedIndex()).isNotNegative();
        });
    }

    @Test
    void shouldSayInTimeThatThereIsNoQuorumAndWhoIsMissing() throws IOException {
        host("host2").awaitQuorum();
        stop("host0");
        stop("host1");
        long beganNanos = System.nanoTime();

        LedgerStatus atVoter = host("host2").status();
        LedgerStatus atClient = host("host3").status();

        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
        assertThat(tookMs).isLessThan(2 * (LedgerProbe.QUORUM_MS + LedgerProbe.VOTER_MS));
        for (LedgerStatus status : List.of(atVoter, atClient)) {
            assertThat(status.quorum()).isFalse();
            assertThat(status.detail()).isNotEmpty();
            assertThat(status.leader()).isEmpty();
            assertThat(status.missing()).containsExactly("host0", "host1");
        }
        start("host0");
        await("only host1 is missing").atMost(SOON).untilAsserted(() -> {
            LedgerStatus status = host("host2").status();
            assertThat(status.quorum()).isTrue();
            assertThat(status.missing()).containsExactly("host1");
        });
        host("host3").awaitQuorum();
    }

    @Test
    void shouldGoOnWithAnotherVoterInThePlaceOfOneThatIsGone() throws Exception {
        VmRecord before = applied(host("host3").ledger, create("before", ""));
        stop("host0");
        host("host1").awaitQuorum();

        replace("host1", "host0", "host3");

        host("host3").awaitVoters("host1", "host2", "host3");
        host("host2").awaitVoters("host1", "host2", "host3");
        VmRecord after = applied(host("host3").ledger, create("after", ""));
        stop("host1");
        assertThat(patiently(() -> host("host3").ledger.find(before.id()))).contains(before);
        assertThat(patiently(() -> host("host2").ledger.find(after.id()))).contains(after);
        applied(host("host2").ledger, create("two-of-three", ""));
    }

    @Test
    void shouldSendANewVoterASnapshotOfWhatTheLogHasNoLonger() throws Exception {
        RatisLedger ledger = host("host3").ledger;
        VmRecord first = applied(ledger, create("first", ""));
        String padding = "x".repeat(2_000);
        int commands = (int) LedgerStateMachine.ENTRIES_PER_SNAPSHOT + 500;
        for (int sent = 0; sent < commands; sent += 100) {
            patiently(() -> CompletableFuture.allOf(Stream.generate(() -> ledger.submit(create("first", padding)))
                    .limit(100)
                    .map(CompletionStage::toCompletableFuture)
                    .toArray(CompletableFuture<?>[]::new)));
        }
        stop("host0");
        host("host1").awaitQuorum();

        replace("host1", "host0", "host3");

        host("host3").awaitVoters("host1", "host2", "host3");
        stop("host1");
        stop("host3");
        start("host3");
        assertThat(patiently(() -> host("host3").ledger.find(first.id()))).contains(first);
        applied(host("host3").ledger, create("last", ""));
        assertThat(host("host3").awaitQuorum().voters().ids()).containsExactly("host1", "host2", "host3");
    }

    @Test
    void shouldKeepTheChangeOverARestartOfAllWhateverTheConfigurationSays() throws Exception {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));
        replace("host2", "host0", "host3");
        host("host0").awaitVoters("host1", "host2", "host3");
        host("host3").awaitVoters("host1", "host2", "host3");
        await().atMost(SOON).until(() -> host("host0").role().isEmpty());

        stopAll();
        for (String id : List.of("host0", "host1", "host2", "host3")) {
            start(id);
        }

        assertThat(host("host0").role()).as("it was replaced").isEmpty();
        assertThat(host("host3").role()).isPresent();
        assertThat(patiently(() -> host("host0").ledger.find(vm.id()))).contains(vm);
        assertThat(host("host0").awaitQuorum().voters().ids()).containsExactlyInAnyOrder("host1", "host2", "host3");
    }

    @Test
    void shouldReplaceItsLeaderToo() throws Exception {
        applied(host("host3").ledger, create("before", ""));
        String leader = host("host3").awaitQuorum().leader().orElseThrow();

        replace("host3", leader, "host3");

        host("host3")
                .awaitVoters(voters.ids().stream()
                        .map(id -> id.equals(leader) ? "host3" : id)
                        .toArray(String[]::new));
        applied(host("host3").ledger, create("after", ""));
        assertThat(patiently(host("host3").ledger::list)).hasSize(2);
        await().atMost(SOON).until(() -> host(leader).role().isEmpty());
        assertThat(patiently(host(leader).ledger::list)).hasSize(2);
    }

    @Test
    void shouldShowAHostThatWasAwayMeanwhileWhoVotesNow() throws Exception {
        host("host3").awaitQuorum();
        stop("host0");
        host("host1").awaitQuorum();
        replace("host1", "host0", "host3");

        start("host0");

        host("host0").awaitVoters("host1", "host2", "host3");
        await().atMost(SOON).until(() -> host("host0").role().isEmpty());
        applied(host("host0").ledger, create("asked-by-a-client", ""));
    }

    @Test
    void shouldTakeAVoterBackThatWasReplaced() throws Exception {
        applied(host("host3").ledger, create("one", ""));
        replace("host1", "host0", "host3");
        host("host0").awaitVoters("host1", "host2", "host3");
        await().atMost(SOON).until(() -> host("host0").role().isEmpty());
        applied(host("host3").ledger, create("two", ""));

        replace("host1", "host3", "host0");

        host("host0").awaitVoters("host0", "host1", "host2");
        host("host3").awaitVoters("host0", "host1", "host2");
        await().atMost(SOON).until(() -> host("host3").role().isEmpty());
        stop("host1");
        assertThat(patiently(host("host0").ledger::list)).hasSize(2);
    }

    @Test
    void shouldRefuseToReplaceWhereOthersVoteThanWasThought() throws Exception {
        host("host3").awaitQuorum();
        VoterSet stale = host("host1").book.current();
        replace("host1", "host0", "host3");

        assertThatThrownBy(() -> host("host2")
                        .change
                        .replace(stale, "host0", new LedgerSettings.Voter("host4", "127.0.0.1", 1))
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("voters were not changed");
        assertThat(host("host3").awaitQuorum().voters().ids()).containsExactlyInAnyOrder("host1", "host2", "host3");
    }

    @Test
    void shouldSayThatItCannotServeAtAnAddressThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> host("host3")
                            .seat
                            .join("127.0.0.1", taken.getLocalPort())
                            .toCompletableFuture()
                            .join())
                    .hasMessageContaining(String.valueOf(taken.getLocalPort()));
        }
        assertThat(host("host3").role()).isEmpty();
    }

    @Test
    void shouldBackUpAllThatWasAnswered() {
        VmRecord vm = applied(host("host3").ledger, create("vm", ""));

        LedgerBackup backup = patiently(() -> host("host3").ledger.backup());

        assertThat(backup.index()).isPositive();
        assertThat(backup.term()).isPositive();
        assertThat(new String(LedgerCodec.encode(backup.snapshot()), UTF_8)).contains(vm.id());
        byte[] damaged = backup.bytes().clone();
        damaged[damaged.length / 2] ^= 1;
        assertThatThrownBy(() -> new LedgerBackup(1, 1, damaged).snapshot()).hasMessageContaining("ledger");
    }

    private void replace(String by, String out, String in) throws IOException {
        LedgerSettings.Voter joined = host(in).seat
                .join("127.0.0.1", address(in).port())
                .toCompletableFuture()
                .join();
        host(by).change
                .replace(host(by).book.current(), out, joined)
                .toCompletableFuture()
                .join();
    }

    private LedgerSettings.Voter address(String id) throws IOException {
        return voters.settings(null).voters().stream()
                .filter(voter -> voter.id().equals(id))
                .findFirst()
                .orElse(TestVoters.voters(1).get(0));
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
}
