package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.NORTH;
import static io.godwit.actors.ledger.TestVoters.SOUTH;
import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.nowMs;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static io.godwit.actors.ledger.TestVoters.requestId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Run permits over a real cluster of voters in this JVM. What it prints is of this machine at that time. */
@Timeout(120)
class PermitLineTest {
    private static final PermitTimes SHORT = new PermitTimes(1_000, 300, 10, 100);
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final AtomicLong nonces = new AtomicLong();

    @TempDir
    Path directory;

    @Test
    void shouldGrantAPermitWithoutAnEntryOfTheLog() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            applied(voters.client(), create("first", ""));
            PermitLine line = voters.line();
            granted(line, SOUTH);
            String leader = voters.leader().orElseThrow();
            long before = voters.server(leader).roleInfo().appliedIndex();

            List<Long> latencies = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                long beganNanos = System.nanoTime();
                Renewal renewal = new Renewal(SOUTH, nonces.incrementAndGet());
                assertThat(line.renew(renewal).toCompletableFuture().join())
                        .contains(new Grant(SOUTH, renewal.nonce()));
                latencies.add((System.nanoTime() - beganNanos) / 1_000);
            }

            assertThat(voters.server(leader).roleInfo().appliedIndex()).isEqualTo(before);
            latencies.sort(null);
            System.out.printf(
                    "a permit's renewal takes %.1f ms at the median, %.1f ms at the 99th percentile%n",
                    latencies.get(100) / 1e3, latencies.get(197) / 1e3);
        }
    }

    @Test
    void shouldServeAloneInAClusterOfOneHost() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1).startAll()) {
            granted(voters.line(), SOUTH);
        }
    }

    @Test
    void shouldGrantNothingWhenTheLeaderIsCutOff() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            PermitLine line = voters.line();
            granted(line, SOUTH);
            String leader = voters.leader().orElseThrow();
            List<String> followers =
                    voters.ids().stream().filter(id -> !id.equals(leader)).toList();
            for (String follower : followers) {
                voters.stop(follower);
            }

            long beganMs = nowMs();
            assertThatThrownBy(() -> renew(line, SOUTH).join()).hasCauseInstanceOf(LedgerUnavailableException.class);

            assertThat(nowMs() - beganMs).isLessThan(PermitTimes.DEFAULT.permitMs());
            voters.start(followers.get(0));
            granted(line, SOUTH);
        }
    }

    @Test
    void shouldFindTheNextLeaderByItself() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            PermitLine line = voters.line();
            granted(line, SOUTH);
            long stoppedMs = nowMs();

            voters.stop(voters.leader().orElseThrow());

            granted(line, SOUTH);
            System.out.println("first permit after the leader was stopped: " + (nowMs() - stoppedMs) + " ms");
        }
    }

    @Test
    void shouldKeepAClaimOutOfTheLogUntilNoPermitCanBeValid() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3, SHORT).startAll()) {
            RatisLedger ledger = voters.client();
            PermitLine line = voters.line();
            VmRecord vm = guarded(ledger, "claimed");
            settle(line);
            long sentMs = granted(line, SOUTH);
            String leader = voters.leader().orElseThrow();
            long term = voters.server(leader).roleInfo().term();
            LedgerCommand.Claim claim = claim(vm);

            LedgerAnswer early = ledger.submit(claim).toCompletableFuture().join();

            assertThat(early).isInstanceOf(LedgerAnswer.NotYet.class);
            LedgerAnswer.NotYet notYet = (LedgerAnswer.NotYet) early;
            assertThat(notYet.reason()).contains("host \"south\" may hold a permit");
            assertThat(notYet.waitMs()).isBetween(1L, SHORT.waitMs());
            assertThat(patiently(() -> ledger.find(vm.id()))).contains(vm);
            VmRecord claimed = claimed(ledger, claim);
            assertThat(nowMs() - sentMs).isGreaterThanOrEqualTo(SHORT.permitMs());
            assertThat(claimed.owner()).isEqualTo(NORTH);
            assertThat(claimed.epoch()).isEqualTo(vm.epoch() + 1);
            assertThat(voters.server(leader).roleInfo().term())
                    .as("a refusal does not cost the leader its term")
                    .isEqualTo(term);
            assertThat(patiently(() -> ledger.submit(claim)))
                    .as("a repetition is owed the recorded answer")
                    .isEqualTo(new LedgerAnswer.Applied(claimed));
            granted(line, SOUTH);
        }
    }

    @Test
    void shouldMakeANewLeaderWaitForThePermitsOfItsPredecessors() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            PermitLine line = voters.line();
            VmRecord vm = guarded(ledger, "claimed");
            granted(line, SOUTH);
            voters.stop(voters.leader().orElseThrow());
            LedgerCommand.Claim claim = claim(vm);
            patiently(() -> ledger.find(vm.id()));
            long ledMs = nowMs();

            LedgerAnswer early = patiently(() -> ledger.submit(claim));

            assertThat(early).isInstanceOf(LedgerAnswer.NotYet.class);
            claimed(ledger, claim);
            long tookMs = nowMs() - ledMs;
            assertThat(tookMs).isGreaterThan(PermitTimes.DEFAULT.waitMs() - PermitTimes.DEFAULT.permitMs() / 2);
            System.out.println(
                    "a claim after the leader's end passed " + tookMs + " ms after the next leader answered");
        }
    }

    @Test
    void shouldLetNoClaimIntoAPermitThatWasGranted() throws Exception {
        try (TestVoters voters = new TestVoters(directory, 3, SHORT).startAll()) {
            RatisLedger ledger = voters.client();
            PermitLine line = voters.line();
            for (int round = 0; round < 8; round++) {
                VmRecord vm = guarded(ledger, "vm" + round);
                AtomicLong lastSentMs = new AtomicLong(granted(line, SOUTH));
                AtomicBoolean stopping = new AtomicBoolean();
                Thread renewing = new Thread(() -> renewUntil(line, lastSentMs, stopping));
                renewing.start();
                LedgerCommand.Claim claim = claim(vm);
                assertThat(ledger.submit(claim).toCompletableFuture().join()).isInstanceOf(LedgerAnswer.NotYet.class);
                stopping.set(true);

                VmRecord claimed = claimed(ledger, claim);

                long claimedMs = nowMs();
                renewing.join();
                assertThat(claimed.owner()).isEqualTo(NORTH);
                assertThat(claimedMs - lastSentMs.get())
                        .as("the last permit before the claim was over in round " + round)
                        .isGreaterThanOrEqualTo(SHORT.permitMs());
            }
        }
    }

    /** The last grant of those that were asked for before {@code stopping}: the claim must have waited for it. */
    private void renewUntil(PermitLine line, AtomicLong lastSentMs, AtomicBoolean stopping) {
        while (!stopping.get()) {
            long sentMs = nowMs();
            try {
                if (renew(line, SOUTH).join().isPresent()) {
                    lastSentMs.set(sentMs);
                }
            } catch (CompletionException unavailable) {
                assertThat(unavailable).hasCauseInstanceOf(LedgerUnavailableException.class);
            }
        }
    }

    @Test
    void shouldNotMakeRenewalsWaitForCommands() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            RatisLedger ledger = voters.client();
            PermitLine line = voters.line();
            granted(line, SOUTH);
            CompletableFuture<?>[] commands = Stream.generate(() ->
                            ledger.submit(create("busy", "x".repeat(2_000))).toCompletableFuture())
                    .limit(1_000)
                    .toArray(CompletableFuture<?>[]::new);

            long longestMs = 0;
            int renewals = 0;
            while (renewals == 0
                    || !CompletableFuture.allOf(commands)
                            .handle((done, failure) -> true)
                            .isDone()) {
                long sentMs = granted(line, SOUTH);
                longestMs = Math.max(longestMs, nowMs() - sentMs);
                renewals++;
            }

            System.out.println(renewals + " renewals beside 1000 commands, the longest took " + longestMs + " ms");
            assertThat(longestMs).isLessThan(PermitTimes.DEFAULT.renewalMs());
        }
    }

    @Test
    void shouldCarryTheRenewalsOfAHundredHosts() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            List<PermitLine> lines = Stream.generate(voters::line).limit(4).toList();
            lines.forEach(line -> granted(line, SOUTH));
            List<HostIdentity> hosts = Stream.iterate(0, i -> i + 1)
                    .limit(100)
                    .map(i -> new HostIdentity("host-" + i, "life"))
                    .toList();
            RenewalLoad load = new RenewalLoad(lines, hosts, PermitTimes.DEFAULT.renewalMs());

            RenewalLoad.Figures figures = load.run(Duration.ofSeconds(8));

            System.out.println("100 hosts' renewals: " + figures);
            assertThat(figures.notGranted()).isZero();
            assertThat(figures.longestMs()).isLessThan(PermitTimes.DEFAULT.permitMs() / 2);
        }
    }

    private CompletableFuture<Optional<Grant>> renew(PermitLine line, HostIdentity host) {
        return line.renew(new Renewal(host, nonces.incrementAndGet())).toCompletableFuture();
    }

    /** When the renewal was sent that was granted at last. */
    private long granted(PermitLine line, HostIdentity host) {
        AtomicLong sentMs = new AtomicLong();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            sentMs.set(nowMs());
            return renew(line, host)
                    .exceptionally(failure -> Optional.empty())
                    .join()
                    .isPresent();
        });
        return sentMs.get();
    }

    /** Until the leader is as old as it must be to let any claim pass, were there no permits. */
    private void settle(PermitLine line) {
        long beganMs = nowMs();
        granted(line, NORTH);
        await().atMost(PATIENCE).until(() -> nowMs() - beganMs > 2 * SHORT.waitMs());
    }

    private static VmRecord guarded(RatisLedger ledger, String name) {
        VmRecord vm = applied(ledger, create(name, ""));
        applied(ledger, new LedgerCommand.SetGuarded(requestId(), vm.id(), SOUTH, vm.epoch(), true));
        return vm;
    }

    private static LedgerCommand.Claim claim(VmRecord vm) {
        return new LedgerCommand.Claim(requestId(), vm.id(), vm.owner(), vm.epoch(), null, NORTH);
    }

    private static VmRecord claimed(RatisLedger ledger, LedgerCommand.Claim claim) {
        LedgerAnswer[] last = new LedgerAnswer[1];
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            last[0] = patiently(() -> ledger.submit(claim));
            return !(last[0] instanceof LedgerAnswer.NotYet);
        });
        assertThat(last[0]).isInstanceOf(LedgerAnswer.Applied.class);
        return ((LedgerAnswer.Applied) last[0]).vm();
    }
}
