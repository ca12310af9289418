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
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A voter that missed the raise and all of the log behind it, and asks no other voter before it starts. */
@Timeout(180)
class LevelSnapshotTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void shouldStopAtASnapshotOfALevelAboveItsOwnAndTakeItWhenItIsUpgraded() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 3)) {
            voters.start("host0");
            voters.start("host1");
            voters.start("host2", 1);
            RatisLedger ledger = voters.client();
            applied(ledger, create("busy", ""));
            voters.stop("host2");
            LedgerCommand raise = new LedgerCommand.RaiseLevel("raise", 2);
            assertThat(patiently(() -> ledger.submit(raise))).isInstanceOf(LedgerAnswer.Applied.class);
            fillBeyondASnapshot(ledger);
            VmRecord last = applied(ledger, create("last", ""));

            voters.start("host2", 1);

            await().atMost(SOON).until(() -> voters.server("host2").outgrown().isPresent());
            assertThat(voters.server("host2").outgrown().orElseThrow())
                    .contains("the ledger is of level 2")
                    .contains("speaks only level 1");
            await().atMost(SOON).until(() -> !voters.server("host2").isAlive());
            applied(ledger, create("the-others-go-on", ""));
            voters.stop("host2");

            assertThatThrownBy(() -> voters.start("host2", 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("the ledger is of level 2, and this host's build");

            voters.start("host2");
            await().atMost(SOON)
                    .until(() -> voters.leader()
                            .map(leader -> voters.server(leader).roleInfo().appliedIndex())
                            .filter(index -> voters.server("host2").roleInfo().appliedIndex() >= index)
                            .isPresent());
            voters.stop(voters.leader().filter(id -> !id.equals("host2")).orElse("host0"));
            assertThat(patiently(() -> ledger.find(last.id()))).contains(last);
        }
    }

    private static void fillBeyondASnapshot(RatisLedger ledger) {
        String padding = "x".repeat(2_000);
        int commands = (int) LedgerStateMachine.ENTRIES_PER_SNAPSHOT + 500;
        for (int sent = 0; sent < commands; sent += 100) {
            patiently(() -> CompletableFuture.allOf(Stream.generate(() -> ledger.submit(create("busy", padding)))
                    .limit(100)
                    .map(CompletionStage::toCompletableFuture)
                    .toArray(CompletableFuture<?>[]::new)));
        }
    }
}
