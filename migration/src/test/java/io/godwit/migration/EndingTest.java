package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.migration.harness.Memories;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest that dirties 200 MB/s over a link of 50 MB/s: its migration ends as asked, and only so. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EndingTest {
    private static final long MIB = 1L << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final MigrationParameters NARROW = MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "100ms")
            .with(MigrationParameter.MAX_BANDWIDTH, 50_000_000)
            .with(MigrationParameter.VERIFY, "none");
    private static final MigrationParameters CONVERGING = NARROW.with(MigrationParameter.AUTO_CONVERGE, true)
            .with(MigrationParameter.THROTTLE_INITIAL, 60)
            .with(MigrationParameter.THROTTLE_INCREMENT, 38);

    private static TestCluster cluster;

    private final TestMachine from = new TestMachine("from", 96 * MIB).filled(64 * MIB, 32 * MIB, 200);
    private final TestMachine to = new TestMachine("to", 96 * MIB);
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
    void closeMachines() {
        from.close();
        to.close();
    }

    private TestCluster.Halves begin(MigrationParameters parameters) {
        TestCluster.Halves halves =
                cluster.migration(from, to, MigrationSettings.of(parameters), owner, UnaryOperator.identity());
        halves.start();
        return halves;
    }

    private int throttle() {
        return from.vcpus().get(0).throttlePercent();
    }

    private void shouldHaveArrived(TestCluster.Halves halves) {
        owner.restSent();
        halves.target().ready();
        Memories.assertEqual(from.memory(), to.memory());
        assertThat(throttle()).as("throttle afterwards").isZero();
    }

    @Test
    void shouldConvergeByHoldingTheGuestBackAndLetItGoAfterwards() {
        try (TestCluster.Halves halves = begin(CONVERGING)) {
            await().atMost(LIMIT).until(() -> throttle() == 60);
            await().atMost(LIMIT).until(() -> halves.outgoing().progress().throttlePercent() >= 60);
            shouldHaveArrived(halves);
            assertThat(owner.restSent().predicted().fits()).isTrue();
            assertThat(halves.outgoing().progress().throttlePercent()).isZero();
        }
    }

    @Test
    void shouldLetTheGuestGoWhenTheMigrationIsCancelledOrFailsOrIsClosed() {
        for (String end : new String[] {"cancel", "fail", "close"}) {
            TestMachine target = new TestMachine("to-" + end, 96 * MIB);
            SourceOwner its = new SourceOwner(from).allowsNothing();
            TestCluster.Halves halves = cluster.migration(
                    from,
                    target,
                    MigrationSettings.of(CONVERGING.with(MigrationParameter.THROTTLE_MAX, 60)),
                    its,
                    UnaryOperator.identity());
            halves.start();
            await().atMost(LIMIT).until(() -> throttle() == 60);
            switch (end) {
                case "cancel" -> halves.outgoing().cancel("asked for");
                case "fail" -> halves.incoming().close();
                default -> halves.outgoing().close();
            }
            await().atMost(LIMIT).until(its::isOver);
            assertThat(throttle()).as(end).isZero();
            assertThat(from.vcpus().get(0).isPaused()).as(end).isFalse();
            halves.close();
            target.close();
        }
    }

    @Test
    void shouldSuspendAtTheTimeoutInTheMiddleOfARound() {
        MigrationParameters parameters =
                NARROW.with(MigrationParameter.MAX_BANDWIDTH, 20_000_000).with(MigrationParameter.TIMEOUT, "500ms");
        try (TestCluster.Halves halves = begin(parameters)) {
            await().atMost(LIMIT).until(owner::wasAskedToPause);
            assertThat(halves.outgoing().progress().transferredBytes())
                    .as("paused long before a first round of 64 MiB at 20 MB/s is over")
                    .isLessThan(48 * MIB);
            shouldHaveArrived(halves);
            assertThat(owner.isOverdue()).isTrue();
            assertThat(owner.restSent().sendMs()).isGreaterThan(500);
        }
    }

    @Test
    void shouldCancelAtTheTimeout() {
        MigrationParameters parameters =
                NARROW.with(MigrationParameter.TIMEOUT, "500ms").with(MigrationParameter.TIMEOUT_ACTION, "cancel");
        try (TestCluster.Halves halves = begin(parameters)) {
            assertThat(owner.outcome())
                    .isInstanceOfSatisfying(
                            SourceOwner.Outcome.Cancelled.class,
                            cancelled -> assertThat(cancelled.reason())
                                    .contains("timeout of 500 ms")
                                    .contains("bytes remain"));
            assertThat(owner.wasAskedToPause()).isFalse();
            assertThat(from.vcpus().get(0).isPaused()).isFalse();
            assertThat(halves.outgoing().progress().phase()).isEqualTo(MigrationPhase.CANCELLED);
        }
    }

    @Test
    void shouldOnlyTellOfTheTimeoutWhenToldToIgnoreIt() {
        MigrationParameters parameters =
                NARROW.with(MigrationParameter.TIMEOUT, "300ms").with(MigrationParameter.TIMEOUT_ACTION, "ignore");
        try (TestCluster.Halves halves = begin(parameters)) {
            await().atMost(LIMIT).until(owner::isOverdue);
            int rounds = halves.outgoing().progress().rounds();
            await().atMost(LIMIT).until(() -> halves.outgoing().progress().rounds() > rounds + 1);
            assertThat(owner.isOver()).isFalse();
            assertThat(owner.wasAskedToPause()).isFalse();
            halves.outgoing().change(MigrationSettings.of(parameters.with(MigrationParameter.DOWNTIME_LIMIT, "60s")));
            shouldHaveArrived(halves);
        }
    }

    @Test
    void shouldFinishQuicklyWithAPauseLongerThanTheLimit() {
        try (TestCluster.Halves halves = begin(NARROW.with(MigrationParameter.QUICKLY_FINISH, true))) {
            shouldHaveArrived(halves);
            assertThat(owner.restSent().predicted().limitMs()).isGreaterThan(100);
            assertThat(owner.restSent().predicted().fits()).isTrue();
        }
    }

    @Test
    void shouldFinishAtOnceWhenForcedTo() {
        try (TestCluster.Halves halves = begin(NARROW.with(MigrationParameter.MAX_BANDWIDTH, 20_000_000))) {
            await().atMost(LIMIT).until(() -> halves.outgoing().progress().transferredBytes() > MIB);
            halves.outgoing().finishNow();
            await().atMost(LIMIT).until(owner::wasAskedToPause);
            assertThat(halves.outgoing().progress().transferredBytes()).isLessThan(48 * MIB);
            shouldHaveArrived(halves);
        }
    }

    @Test
    void shouldSendNothingOfAHeldMachineBeforeItIsLetGoOn() {
        from.writer().dirtyAt(5);
        owner.holds();
        try (TestCluster.Halves halves = begin(NARROW)) {
            await().atMost(LIMIT).until(owner::isStanding);
            assertThat(from.vcpus().get(0).isPaused()).isTrue();
            long sent = halves.outgoing().progress().transferredBytes();
            await().during(Duration.ofMillis(300))
                    .until(() -> halves.outgoing().progress().transferredBytes() == sent && !owner.isOver());
            owner.goOn();
            shouldHaveArrived(halves);
        }
    }

    @Test
    void shouldCancelAHeldMachine() {
        from.writer().dirtyAt(5);
        owner.holds();
        try (TestCluster.Halves halves = begin(NARROW)) {
            await().atMost(LIMIT).until(owner::isStanding);
            halves.outgoing().cancel("held for nothing");
            assertThat(owner.outcome()).isEqualTo(new SourceOwner.Outcome.Cancelled("held for nothing"));
        }
    }

    @Test
    void shouldForeseeItsEndAfterTheFirstRound() {
        from.writer().dirtyAt(5);
        try (TestCluster.Halves halves = begin(NARROW)) {
            shouldHaveArrived(halves);
            MigrationProgress progress = halves.outgoing().progress();
            assertThat(progress.predictedTotalMs())
                    .as("%s", progress)
                    .isBetween(progress.totalMs() * 0.6, progress.totalMs() * 1.5);
            assertThat(progress.predictedDowntimeMs()).isBetween(0.0, 100.0);
        }
    }
}
