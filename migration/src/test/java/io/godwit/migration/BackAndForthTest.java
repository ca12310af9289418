package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationSettings;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.harness.ProcessFootprint;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 240, unit = TimeUnit.SECONDS)
class BackAndForthTest {
    private static final long MIB = 1L << 20;
    private static final int WARM_UP = 5;
    private static final int MIGRATIONS = 50;

    @Test
    void shouldMigrateFiftyTimesWithoutLeavingAnythingBehind() {
        try (TestCluster cluster = new TestCluster()) {
            TestMachine machine = new TestMachine("home", 32 * MIB).filled(24 * MIB, 16 * MIB, 50);
            await(machine.vcpus().get(0).resume());
            for (int i = 0; i < WARM_UP; i++) {
                machine = migrate(cluster, machine);
            }
            ProcessFootprint before = ProcessFootprint.settled();
            for (int i = 0; i < MIGRATIONS; i++) {
                machine = migrate(cluster, machine);
            }
            await(machine.vcpus().get(0).pause());
            assertThat(machine.writer().errors()).isZero();
            assertThat(machine.writer().damagedPages()).isZero();
            machine.close();
            ProcessFootprint.assertReturnsTo(before);
        }
    }

    private static TestMachine migrate(TestCluster cluster, TestMachine from) {
        TestMachine to = new TestMachine("home", 32 * MIB);
        try (TestCluster.Halves halves = cluster.migration(from, to, MigrationSettings.DEFAULT)) {
            halves.start();
            halves.source().restSent();
            IncomingSummary ready = halves.target().ready();
            await(to.vcpus().get(0).resume());
            MemoryComparison comparison = await(halves.outgoing().compare(Objects.requireNonNull(ready.digest())));
            assertThat(comparison.isEqual()).as("%s", comparison).isTrue();
        }
        from.close();
        return to;
    }
}
