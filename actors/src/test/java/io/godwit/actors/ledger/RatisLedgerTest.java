package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.NORTH;
import static io.godwit.actors.ledger.TestVoters.SOUTH;
import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static io.godwit.actors.ledger.TestVoters.requestId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RatisLedgerTest {
    @TempDir
    Path directory;

    @Test
    void shouldServeAloneInAClusterOfOneHost() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1).startAll()) {
            RatisLedger ledger = voters.client();
            LedgerCommand.Create create = create("one", "");

            VmRecord created = applied(ledger, create);

            assertThat(patiently(() -> ledger.find(create.vmId()))).contains(created);
            assertThat(voters.server("host0").roleInfo().role()).isEqualTo("leader");
            assertThat(ledger.leaderId()).contains("host0");
        }
    }

    @Test
    void shouldShowEveryClientWhatWasAnsweredToAnother() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger writer = voters.client();
            RatisLedger reader = voters.client();
            for (int i = 0; i < 20; i++) {
                LedgerCommand.Create create = create("vm" + i, "");
                VmRecord created = applied(writer, create);
                assertThat(patiently(() -> reader.find(create.vmId()))).contains(created);
            }
            assertThat(patiently(reader::list)).hasSize(20);
            assertThat(patiently(() -> reader.find("no such id"))).isEmpty();
        }
    }

    @Test
    void shouldGoOnWithoutItsLeaderAndTakeItBack() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            LedgerCommand.Create before = create("before", "");
            LedgerAnswer answer = patiently(() -> ledger.submit(before));
            String leader = voters.leader().orElseThrow();

            voters.stop(leader);

            applied(ledger, create("after", ""));
            assertThat(patiently(() -> ledger.submit(before))).isEqualTo(answer);
            assertThat(patiently(ledger::list)).hasSize(2);
            voters.start(leader);
            String second = voters.leader().orElseThrow();
            await().atMost(Duration.ofSeconds(20)).until(() -> caughtUp(voters, leader));
            voters.stop(second);
            assertThat(patiently(ledger::list)).hasSize(2);
        }
    }

    @Test
    void shouldKeepEverythingOverARestartOfAllVoters() throws IOException {
        LedgerCommand.Create create = create("durable", "");
        LedgerCommand.Prepare prepare = new LedgerCommand.Prepare(requestId(), create.vmId(), "m1", 1, SOUTH, NORTH);
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            applied(ledger, create);
            VmRecord prepared = applied(ledger, prepare);

            voters.stopAll();
            voters.startAll();

            assertThat(patiently(() -> ledger.find(create.vmId()))).contains(prepared);
            assertThat(applied(ledger, prepare)).isEqualTo(prepared);
            assertThat(applied(ledger, new LedgerCommand.Commit(requestId(), create.vmId(), "m1"))
                            .owner())
                    .isEqualTo(NORTH);
        }
    }

    @Test
    void shouldSaySoWithoutAMajorityAndRecoverWithIt() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            applied(ledger, create("first", ""));
            voters.stop("host0");
            voters.stop("host1");
            LedgerCommand.Create pending = create("pending", "");
            long beganNanos = System.nanoTime();

            assertThatThrownBy(
                            () -> ledger.submit(pending).toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(LedgerUnavailableException.class);
            assertThatThrownBy(() ->
                            ledger.find(pending.vmId()).toCompletableFuture().join())
                    .hasCauseInstanceOf(LedgerUnavailableException.class);

            long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
            assertThat(tookMs).isLessThan(2 * TestVoters.TIMEOUTS.requestMs() + 1_000);
            voters.start("host0");
            assertThat(applied(ledger, pending).id()).isEqualTo(pending.vmId());
            assertThat(patiently(ledger::list)).hasSize(2);
        }
    }

    @Test
    void shouldLetTheFirstOfTwoRacingDecisionsStandForBoth() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger south = voters.client();
            RatisLedger north = voters.client();
            for (int i = 0; i < 30; i++) {
                LedgerCommand.Create create = create("vm" + i, "");
                String migration = "m" + i;
                applied(south, create);
                applied(south, new LedgerCommand.Prepare(requestId(), create.vmId(), migration, 1, SOUTH, NORTH));

                CompletableFuture<LedgerAnswer> abort = south.submit(
                                new LedgerCommand.Abort(requestId(), create.vmId(), migration))
                        .toCompletableFuture();
                CompletableFuture<LedgerAnswer> commit = north.submit(
                                new LedgerCommand.Commit(requestId(), create.vmId(), migration))
                        .toCompletableFuture();

                VmRecord vm = patiently(() -> abort.thenCombine(commit, (one, other) -> one)
                                .thenCompose(done -> south.find(create.vmId())))
                        .orElseThrow();
                boolean committed = commit.join() instanceof LedgerAnswer.Applied;
                LedgerAnswer second = committed ? abort.join() : commit.join();
                assertThat(second).isEqualTo(new LedgerAnswer.AlreadyDecided(vm.lastDecision()));
                assertThat(vm.lastDecision().outcome())
                        .isEqualTo(committed ? Decision.Outcome.COMMITTED : Decision.Outcome.ABORTED);
                assertThat(vm.owner()).isEqualTo(committed ? NORTH : SOUTH);
            }
        }
    }

    @Test
    void shouldBringAVoterThatMissedMuchUpToDateFromASnapshot() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            LedgerCommand.Create create = create("busy", "");
            applied(ledger, create);
            voters.stop("host2");
            String padding = "x".repeat(2_000);
            int commands = (int) LedgerStateMachine.ENTRIES_PER_SNAPSHOT + 500;
            for (int sent = 0; sent < commands; sent += 100) {
                patiently(() -> CompletableFuture.allOf(Stream.generate(() -> ledger.submit(create("busy", padding)))
                        .limit(100)
                        .map(CompletionStage::toCompletableFuture)
                        .toArray(CompletableFuture<?>[]::new)));
            }
            VmRecord last = applied(ledger, create("last", ""));
            assertThat(snapshots(voters, "host0") + snapshots(voters, "host1")).isPositive();

            voters.start("host2");

            await().atMost(Duration.ofSeconds(30)).until(() -> caughtUp(voters, "host2"));
            assertThat(snapshots(voters, "host2"))
                    .as("it came as a snapshot, not as a log")
                    .isPositive();
            voters.stop(voters.leader().filter(id -> !id.equals("host2")).orElse("host0"));
            assertThat(patiently(() -> ledger.find(last.id()))).contains(last);
            assertThat(patiently(ledger::list)).hasSize(2);
        }
    }

    @Test
    void shouldNeverHoldUpTheCallerNorCollectRequestsWithoutBound() throws IOException {
        LedgerSettings settings = new TestVoters(directory, 3).settings(null);
        try (LeaderLine leader = new LeaderLine(settings, PermitTimes.DEFAULT);
                RatisLedger ledger = new RatisLedger(settings, leader)) {
            List<CompletableFuture<LedgerAnswer>> requests = new ArrayList<>();
            long longestNanos = 0;
            for (int i = 0; i < 2 * RatisLedger.MAX_OUTSTANDING; i++) {
                long beganNanos = System.nanoTime();
                requests.add(ledger.submit(create("vm" + i, "")).toCompletableFuture());
                longestNanos = Math.max(longestNanos, System.nanoTime() - beganNanos);
            }

            assertThat(TimeUnit.NANOSECONDS.toMillis(longestNanos)).isLessThan(TestVoters.TIMEOUTS.requestMs() / 2);
            Set<Boolean> sent = new HashSet<>();
            for (CompletableFuture<LedgerAnswer> request : requests) {
                Throwable failure = request.handle((answer, thrown) -> thrown).join();
                assertThat(failure).hasCauseInstanceOf(LedgerUnavailableException.class);
                sent.add(!failure.getMessage().contains("was not sent"));
            }
            assertThat(sent).containsExactlyInAnyOrder(true, false);
        }
    }

    private static boolean caughtUp(TestVoters voters, String id) {
        return voters.leader()
                .map(leader -> voters.server(leader).roleInfo().appliedIndex())
                .filter(index -> voters.server(id).roleInfo().appliedIndex() >= index)
                .isPresent();
    }

    private int snapshots(TestVoters voters, String id) {
        Path machine = RaftTuning.groupDir(voters.settings(id), Generation.FIRST)
                .toPath()
                .resolve("sm");
        String[] files = machine.toFile().list((dir, name) -> name.startsWith("snapshot.") && !name.endsWith(".md5"));
        return files == null ? 0 : files.length;
    }
}
