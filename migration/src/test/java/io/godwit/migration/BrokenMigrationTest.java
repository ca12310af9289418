package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TargetOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import io.godwit.transport.StreamEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Migrations that are cancelled, or lose one end, in each phase. The machine has to go on where it was. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class BrokenMigrationTest {
    private static final long MIB = 1L << 20;
    private static final MigrationSettings SLOW = new MigrationSettings(300, 20_000_000, VerifyMode.AFTER_RESUME);
    private static final AtomicInteger SESSIONS = new AtomicInteger();
    private static TestCluster cluster;

    private final TestMachine from = new TestMachine("from", 64 * MIB).filled(48 * MIB, 16 * MIB, 20);
    private final TestMachine to = new TestMachine("to", 64 * MIB);
    private final SourceOwner owner = new SourceOwner(from);

    @BeforeAll
    static void startCluster() {
        cluster = new TestCluster();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @BeforeEach
    void run() {
        from.vcpus().get(0).resume();
    }

    @AfterEach
    void shouldGoOnUndamagedAtTheSource() {
        from.ignorePauses(false);
        await(from.vcpus().get(0).resume());
        long before = from.writer().sequence();
        await().atMost(Duration.ofSeconds(20)).until(() -> from.writer().sequence() > before + 100);
        await(from.vcpus().get(0).pause());
        assertThat(from.writer().errors()).isZero();
        assertThat(from.writer().damagedPages()).isZero();
        from.close();
        to.close();
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .noneMatch(name -> name.matches("godwit-(from|to)-.*"));
    }

    @Test
    void shouldCancelBeforeItStarts() {
        try (TestCluster.Halves halves = slow()) {
            halves.outgoing().cancel("changed my mind");
            halves.start();
            assertThat(owner.outcome()).isEqualTo(new SourceOwner.Outcome.Cancelled());
            assertThat(halves.outgoing().progress().phase()).isEqualTo(MigrationPhase.CANCELLED);
        }
    }

    @Test
    void shouldCancelInSetup() {
        OutgoingMigration outgoing = toNobody();
        try {
            outgoing.start();
            assertThat(outgoing.progress().phase()).isEqualTo(MigrationPhase.SETUP);
            outgoing.cancel("asked to");
            assertThat(owner.outcome()).isEqualTo(new SourceOwner.Outcome.Cancelled());
        } finally {
            outgoing.close();
            await(outgoing.closed());
        }
    }

    @Test
    void shouldCancelWhileActive() {
        try (TestCluster.Halves halves = slow()) {
            halves.start();
            untilPagesArrived(halves);
            halves.outgoing().cancel("asked to");
            halves.outgoing().cancel("asked again");
            assertThat(owner.outcome()).isEqualTo(new SourceOwner.Outcome.Cancelled());
            assertThat(halves.target().failed().peerLost()).isTrue();
            assertThat(owner.wasAskedToPause()).isFalse();
        }
    }

    @Test
    void shouldCancelWhileTheMachineIsBeingPaused() {
        from.ignorePauses(true);
        try (TestCluster.Halves halves = fast()) {
            halves.start();
            await().atMost(Duration.ofSeconds(20)).until(owner::wasAskedToPause);
            assertThat(halves.outgoing().progress().phase()).isEqualTo(MigrationPhase.DEVICE);
            halves.outgoing().cancel("asked to");
            assertThat(owner.outcome()).isEqualTo(new SourceOwner.Outcome.Cancelled());
            assertThat(halves.target().failed().peerLost()).isTrue();
        }
    }

    @Test
    void shouldNotCancelWhatIsComplete() {
        try (TestCluster.Halves halves = fast()) {
            halves.start();
            owner.restSent();
            halves.outgoing().cancel("too late");
            assertThat(halves.target().ready().digest()).isNotNull();
            assertThat(halves.outgoing().progress().phase()).isEqualTo(MigrationPhase.COMPLETED);
        }
    }

    @Test
    void shouldFailWhenTheMachineDoesNotPause() {
        from.ignorePauses(true);
        try (TestCluster.Halves halves = cluster.migration(
                from,
                to,
                MigrationSettings.DEFAULT,
                owner,
                context -> context.withPauseDeadline(Duration.ofMillis(200)))) {
            halves.start();
            assertThat(owner.failed().reason()).contains("did not stand still within 200 ms");
            assertThat(owner.failed().peerLost()).isFalse();
        }
    }

    @Test
    void shouldFailWhenItsOwnerThrows() {
        owner.beforePause(() -> {
            throw new IllegalStateException("no such vCPU");
        });
        try (TestCluster.Halves halves = fast()) {
            halves.start();
            assertThat(owner.failed().reason()).isEqualTo("no such vCPU");
        }
    }

    @Test
    void shouldLoseATargetThatNeverCame() {
        OutgoingMigration outgoing = toNobody();
        try {
            outgoing.start();
            assertThat(owner.failed().peerLost()).isTrue();
            assertThat(owner.failed().reason()).contains("127.0.0.1");
        } finally {
            outgoing.close();
            await(outgoing.closed());
        }
    }

    @Test
    void shouldLoseTheTargetWhileActive() {
        try (TestCluster.Halves halves = slow()) {
            halves.start();
            untilPagesArrived(halves);
            halves.incoming().close();
            assertThat(owner.failed().peerLost()).isTrue();
            assertThat(halves.outgoing().progress().phase()).isEqualTo(MigrationPhase.FAILED);
        }
    }

    @Test
    void shouldLoseTheTargetWhileTheMachineStandsStill() {
        CompletableFuture<TestCluster.Halves> running = new CompletableFuture<>();
        owner.beforePause(() -> {
            TestCluster.Halves halves = running.join();
            halves.incoming().close();
            await(halves.incoming().closed());
        });
        from.ignorePauses(true);
        try (TestCluster.Halves halves = fast()) {
            running.complete(halves);
            halves.start();
            assertThat(owner.failed().peerLost()).isTrue();
        }
    }

    @Test
    void shouldLoseTheSourceWhileActive() {
        try (TestCluster.Halves halves = slow()) {
            halves.start();
            untilPagesArrived(halves);
            halves.outgoing().close();
            assertThat(halves.target().failed().peerLost()).isTrue();
            assertThat(halves.incoming().progress().phase()).isEqualTo(MigrationPhase.FAILED);
        }
    }

    @Test
    void shouldLoseASourceThatNeverCame() {
        TargetOwner target = new TargetOwner();
        UUID id = UUID.randomUUID();
        IncomingMigration incoming = new IncomingMigration(IncomingContext.of(
                to,
                cluster.target().transport(),
                cluster.incomingSettings(id, Duration.ofMillis(500)),
                VerifyMode.NONE,
                target));
        try {
            await(incoming.endpoints());
            assertThat(target.failed().peerLost()).isTrue();
        } finally {
            incoming.close();
            await(incoming.closed());
        }
    }

    @Test
    void shouldCloseWithoutHavingBegun() {
        TestCluster.Halves halves = slow();
        halves.close();
        assertThat(owner.isOver()).isFalse();
        assertThat(halves.target().isOver()).isFalse();
    }

    private TestCluster.Halves fast() {
        return cluster.migration(from, to, MigrationSettings.DEFAULT, owner, UnaryOperator.identity());
    }

    private TestCluster.Halves slow() {
        return cluster.migration(from, to, SLOW, owner, UnaryOperator.identity());
    }

    /** Port 9 of loopback: nobody listens there. */
    private OutgoingMigration toNobody() {
        return cluster.outgoing(
                UUID.randomUUID(),
                from,
                List.of(new StreamEndpoint(TestCluster.LOOPBACK, 9, 7, SESSIONS.incrementAndGet())),
                SLOW,
                owner,
                UnaryOperator.identity());
    }

    private static void untilPagesArrived(TestCluster.Halves halves) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> halves.incoming().progress().normalPages() > 500);
    }
}
