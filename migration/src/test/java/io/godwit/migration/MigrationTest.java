package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.harness.Memories;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MigrationTest {
    private static final long MIB = 1L << 20;
    private static TestCluster cluster;

    private final TestMachine from = new TestMachine("from", 96 * MIB).filled(64 * MIB, 32 * MIB, 50);
    private final TestMachine to = new TestMachine("to", 96 * MIB);

    @BeforeAll
    static void startCluster() {
        cluster = new TestCluster();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @AfterEach
    void closeMachines() {
        from.close();
        to.close();
    }

    @ParameterizedTest
    @EnumSource(VerifyMode.class)
    void shouldCarryAMachineWhileItDirtiesItsMemory(VerifyMode verify) {
        from.vcpus().get(0).resume();
        try (TestCluster.Halves halves = cluster.migration(from, to, settings(verify))) {
            halves.start();
            SwitchoverSummary sent = halves.source().restSent();
            IncomingSummary ready = halves.target().ready();
            Memories.assertEqual(from.memory(), to.memory());
            assertThat(ready.stateBytes()).isEqualTo(sent.stateBytes());
            assertThat(ready.pages())
                    .isGreaterThanOrEqualTo(from.memory().layout().pageCount());
            shouldAgreeAboutMemory(halves, verify, ready);
            shouldHaveToldWhatHappened(halves, ready);
        }
        long carried = to.writer().sequence();
        assertThat(carried).isEqualTo(from.writer().sequence());
        to.vcpus().get(0).resume();
        await().atMost(Duration.ofSeconds(20)).until(() -> to.writer().sequence() > carried + 2000);
        await(to.vcpus().get(0).pause());
        assertThat(to.writer().errors()).isZero();
        assertThat(to.writer().damagedPages()).isZero();
    }

    @Test
    void shouldSendZeroPagesLikeAnyOtherWhereTheyAreNotLookedFor() {
        MigrationSettings settings = MigrationSettings.of(
                MigrationParameters.of(MigrationParameter.ZERO_PAGES, false).with(MigrationParameter.VERIFY, "none"));
        try (TestCluster.Halves halves = cluster.migration(from, to, settings)) {
            halves.start();
            halves.target().ready();
            MigrationProgress sent = halves.outgoing().progress();
            assertThat(sent.duplicatePages()).isZero();
            assertThat(sent.normalPages()).isGreaterThanOrEqualTo(96 * MIB / GuestLayout.PAGE_SIZE);
            Memories.assertEqual(from.memory(), to.memory());
        }
    }

    private void shouldAgreeAboutMemory(TestCluster.Halves halves, VerifyMode verify, IncomingSummary ready) {
        if (verify == VerifyMode.NONE) {
            assertThat(ready.digest()).isNull();
        } else {
            MemoryDigest travelled =
                    MemoryDigest.decode(Objects.requireNonNull(ready.digest()).encode());
            MemoryComparison comparison = await(halves.outgoing().compare(travelled));
            assertThat(comparison.isEqual()).as("%s", comparison).isTrue();
            assertThat(comparison.comparedBytes()).isEqualTo(96 * MIB);
        }
    }

    private void shouldHaveToldWhatHappened(TestCluster.Halves halves, IncomingSummary ready) {
        MigrationProgress source = halves.outgoing().progress();
        MigrationProgress target = halves.incoming().progress();
        assertThat(source.phase()).isEqualTo(MigrationPhase.COMPLETED);
        assertThat(target.phase()).isEqualTo(MigrationPhase.COMPLETED);
        assertThat(source.normalPages() + source.duplicatePages()).isEqualTo(ready.pages());
        assertThat(target.normalPages()).isEqualTo(source.normalPages());
        assertThat(source.normalPages()).isGreaterThanOrEqualTo(64 * MIB / GuestLayout.PAGE_SIZE);
        assertThat(source.duplicatePages()).isGreaterThanOrEqualTo(32 * MIB / GuestLayout.PAGE_SIZE);
        assertThat(source.transferredBytes()).isGreaterThan(source.normalPages() * GuestLayout.PAGE_SIZE);
        assertThat(source.remainingBytes()).isZero();
        assertThat(target.remainingBytes()).isZero();
        assertThat(source.totalBytes()).isEqualTo(96 * MIB);
        assertThat(source.rounds()).isGreaterThanOrEqualTo(2);
        assertThat(source.dirtySyncCount()).isGreaterThanOrEqualTo(source.rounds());
        assertThat(source.downtimeMs()).isPositive().isLessThan(source.totalMs());
        assertThat(source.setupMs()).isPositive().isLessThan(source.totalMs());
        assertThat(halves.outgoing().progress().totalMs()).isEqualTo(source.totalMs());
    }

    @Test
    void shouldNotPauseBeforeTheSwitchoverIsAllowed() {
        from.vcpus().get(0).resume();
        SourceOwner owner = new SourceOwner(from).allowsNothing();
        try (TestCluster.Halves halves =
                cluster.migration(from, to, MigrationSettings.DEFAULT, owner, UnaryOperator.identity())) {
            halves.start();
            await().atMost(Duration.ofSeconds(20)).until(owner::isConverged);
            int syncs = halves.outgoing().progress().dirtySyncCount();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> halves.outgoing().progress().dirtySyncCount() >= syncs + 10);
            assertThat(owner.wasAskedToPause()).isFalse();
            assertThat(from.vcpus().get(0).isPaused()).isFalse();
            halves.outgoing().allowSwitchover();
            owner.restSent();
            halves.target().ready();
            Memories.assertEqual(from.memory(), to.memory());
        }
    }

    @Test
    void shouldNotSpinWhileItWaitsToBeAllowed() {
        from.writer().dirtyAt(0);
        SourceOwner owner = new SourceOwner(from).allowsNothing();
        try (TestCluster.Halves halves =
                cluster.migration(from, to, MigrationSettings.DEFAULT, owner, UnaryOperator.identity())) {
            halves.start();
            await().atMost(Duration.ofSeconds(20)).until(owner::isConverged);
            MigrationProgress before = halves.outgoing().progress();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> halves.outgoing().progress().totalMs() > before.totalMs() + 500);
            MigrationProgress after = halves.outgoing().progress();
            assertThat(after.dirtySyncCount() - before.dirtySyncCount())
                    .isLessThan((int) ((after.totalMs() - before.totalMs()) / 9));
            assertThat(after.rounds()).isEqualTo(before.rounds());
        }
    }

    @Test
    void shouldStayBelowTheBandwidthLimitAndTakeANewOneAtOnce() {
        MigrationSettings slow = new MigrationSettings(300, 20_000_000, VerifyMode.NONE);
        try (TestCluster.Halves halves = cluster.migration(from, to, slow)) {
            halves.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> halves.outgoing().progress().totalMs() > 1500);
            MigrationProgress limited = halves.outgoing().progress();
            assertThat(limited.transferredBytes() / (limited.totalMs() / 1000)).isBetween(10e6, 22e6);
            assertThat(limited.mbps()).isBetween(80.0, 200.0);
            halves.outgoing().change(settings(VerifyMode.NONE));
            halves.target().ready();
            assertThat(halves.outgoing().progress().totalMs()).isLessThan(3000);
        }
    }

    @Test
    void shouldGoOnAndSaySoWhenItDoesNotConvergeAndSwitchOverOnceTheRestFits() {
        from.filled(64 * MIB, 32 * MIB, 200);
        from.vcpus().get(0).resume();
        MigrationSettings tight = new MigrationSettings(100, 50_000_000, VerifyMode.NONE);
        SourceOwner owner = new SourceOwner(from).allowsNothing();
        try (TestCluster.Halves halves = cluster.migration(from, to, tight, owner, UnaryOperator.identity())) {
            halves.outgoing().allowSwitchover();
            halves.start();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !halves.outgoing().progress().converging());
            assertThat(owner.isConverged()).isFalse();
            assertThat(owner.wasAskedToPause()).isFalse();
            assertThat(halves.outgoing().progress().expectedDowntimeMs()).isGreaterThan(100);
            from.writer().dirtyAt(5);
            SwitchoverSummary sent = owner.restSent();
            assertThat(sent.predicted().fits()).isTrue();
            assertThat(sent.predicted().limitMs()).isEqualTo(100);
            assertThat(sent.pages() * GuestLayout.PAGE_SIZE).isLessThan(5_000_000);
            halves.target().ready();
            Memories.assertEqual(from.memory(), to.memory());
        }
    }

    @Test
    void shouldGiveUpAfterTheRoundsAskedFor() {
        from.filled(64 * MIB, 32 * MIB, 200);
        from.vcpus().get(0).resume();
        MigrationSettings tight = new MigrationSettings(100, 50_000_000, VerifyMode.NONE);
        SourceOwner owner = new SourceOwner(from);
        try (TestCluster.Halves halves = cluster.migration(
                from,
                to,
                tight,
                owner,
                context -> context.withPolicy(context.policy().withMaxRounds(3)))) {
            halves.start();
            assertThat(owner.failed().reason()).contains("did not converge in 3 rounds");
            assertThat(owner.failed().peerLost()).isFalse();
            assertThat(halves.target().failed().peerLost()).isTrue();
            assertThat(from.vcpus().get(0).isPaused()).isFalse();
        }
    }

    @Test
    void shouldFindASingleByteThatDiffersAfterwards() {
        try (TestCluster.Halves halves = cluster.migration(from, to, settings(VerifyMode.AFTER_RESUME))) {
            halves.start();
            MemoryDigest received =
                    Objects.requireNonNull(halves.target().ready().digest());
            halves.source().restSent();
            flipAByte(from, 40 * MIB + 7);
            MemoryComparison comparison = await(halves.outgoing().compare(received));
            assertThat(comparison.different()).containsExactly(new MemoryComparison.Chunk(32 * MIB, 16 * MIB));
        }
    }

    @Test
    void shouldFindDamageDoneAtTheTargetWhenBothEndsHashAtPause() {
        SourceOwner owner = new SourceOwner(from).beforePause(() -> flipAByte(to, 60 * MIB));
        try (TestCluster.Halves halves =
                cluster.migration(from, to, settings(VerifyMode.AT_PAUSE), owner, UnaryOperator.identity())) {
            halves.start();
            MemoryDigest held = Objects.requireNonNull(halves.target().ready().digest());
            owner.restSent();
            MemoryComparison comparison = await(halves.outgoing().compare(held));
            assertThat(comparison.different()).containsExactly(new MemoryComparison.Chunk(48 * MIB, 16 * MIB));
        }
    }

    @Test
    void shouldCompareOnlyWhatWasSentCompletely() {
        try (TestCluster.Halves halves = cluster.migration(from, to, settings(VerifyMode.NONE))) {
            MemoryDigest some =
                    new io.godwit.migration.digest.DigestBuilder(from.memory().layout()).digest();
            CompletionStage<MemoryComparison> answer = halves.outgoing().compare(some);
            halves.outgoing().cancel("nothing is to be sent");
            halves.start();
            assertThatThrownBy(() -> await(answer))
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("CANCELLED");
        }
    }

    private static MigrationSettings settings(VerifyMode verify) {
        return new MigrationSettings(300, 0, verify);
    }

    private static void flipAByte(TestMachine machine, long guestAddress) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            lease.putByte(guestAddress, (byte) ~lease.getByte(guestAddress));
        }
    }
}
