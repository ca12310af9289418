package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters in three JVMs with the settings of the product; the figures it prints are of this machine at that time. */
@Timeout(180)
class LedgerFailoverTest {
    private static final long FAILOVER_LIMIT_MS = 60_000;

    @TempDir
    Path directory;

    private final Map<String, VoterProcess> voters = new LinkedHashMap<>();
    private List<LedgerSettings.Voter> addresses;
    private LeaderLine line;
    private RatisLedger ledger;

    @BeforeEach
    void startThree() throws IOException {
        addresses = TestVoters.voters(3);
        for (LedgerSettings.Voter voter : addresses) {
            start(voter.id());
        }
        line = new LeaderLine(settings(null), PermitTimes.DEFAULT);
        ledger = new RatisLedger(settings(null), line);
    }

    @AfterEach
    void stopAll() {
        ledger.close();
        line.close();
        voters.values().forEach(VoterProcess::close);
    }

    @Test
    void shouldLoseNothingThatWasAnsweredWhenLeadersAreKilled() throws Exception {
        for (int round = 0; round < 3; round++) {
            LedgerCommand.Create create = create("before" + round, "");
            LedgerAnswer answer = patiently(() -> ledger.submit(create));
            String leader = ledger.leaderId().orElseThrow();

            voters.get(leader).kill();

            long beganNanos = System.nanoTime();
            VmRecord after = applied(ledger, create("after" + round, ""));
            long failoverMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
            System.out.println("first commit after kill -9 of the leader: " + failoverMs + " ms");
            assertThat(failoverMs).isLessThan(FAILOVER_LIMIT_MS);
            assertThat(patiently(() -> ledger.submit(create))).isEqualTo(answer);
            assertThat(patiently(() -> ledger.find(after.id()))).contains(after);
            start(leader);
        }
        for (VoterProcess voter : voters.values()) {
            voter.kill();
        }
        for (LedgerSettings.Voter voter : addresses) {
            start(voter.id());
        }
        assertThat(patiently(ledger::list)).hasSize(6);
    }

    /** Asked before it can have learnt of its successor: its clock stood still, and what it knows is the past. */
    @Test
    void shouldNotAnswerFromThePastWhenALeaderThatWasStoppedGoesOn() throws Exception {
        for (int round = 0; round < 3; round++) {
            applied(ledger, create("before" + round, ""));
            String leader = ledger.leaderId().orElseThrow();
            LedgerSettings.Voter old = addresses.stream()
                    .filter(voter -> voter.id().equals(leader))
                    .findFirst()
                    .orElseThrow();
            voters.get(leader).signal("STOP");
            VmRecord after = applied(ledger, create("after" + round, ""));

            try (VoterLine past = new VoterLine(settings(null), Generation.FIRST, old, 30_000, stranger -> {})) {
                CompletableFuture<VoterMessage> read = past.ask(new VoterMessage.Read(new LedgerRead.ListAll()));
                voters.get(leader).signal("CONT");

                // It may also end the stream of questions when it learns that it leads no more.
                VoterMessage said = read.exceptionally(ended -> new VoterMessage.NotLeading(""))
                        .join();
                if (said instanceof VoterMessage.Answer answer) {
                    assertThat(LedgerCodec.decodeRecords(answer.bytes())).contains(after);
                } else {
                    assertThat(said).isInstanceOf(VoterMessage.NotLeading.class);
                }
            }
        }
    }

    private void start(String id) throws IOException {
        Files.createDirectories(directory);
        voters.put(id, VoterProcess.start(settings(id), directory.resolve(id + ".log")));
    }

    private LedgerSettings settings(String selfId) {
        return new LedgerSettings(
                "test", addresses, selfId, directory.resolve(String.valueOf(selfId)), LedgerSettings.Timeouts.DEFAULT);
    }
}
