package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VM that has moved goes back only when the host it left holds nothing of it any more. */
@Timeout(120)
class BackMigrationTest {
    private static final MigrationParameters COMPARED =
            MigrationParameters.of(MigrationParameter.VERIFY, "after-resume");

    @TempDir
    Path directory;

    @Test
    void shouldWaitForASlowSourceInBothDirections() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
            VmView vm = hosts.start("commuter", 256L << 20, 1, kernel, "wss=8 rate=20 fill=128");
            moveWhileTheSourceHolds(hosts, vm, hosts.a(), "b", "a");
            moveWhileTheSourceHolds(hosts, vm, hosts.b(), "a", "b");
        }
    }

    /** Who found the VM at a host once asks there again, and a half that comes back would answer with an empty log. */
    @Test
    void shouldReadNoSerialOutputWhereTheVmOnlyArrives() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
            VmView vm = hosts.start("reader", 256L << 20, 1, kernel, "wss=8 rate=20 fill=128");
            VmDoor door = TwoHosts.get(hosts.client().door("reader"));
            assertThat(hosts.ended(hosts.migrate(vm, "b", COMPARED)).status()).isEqualTo("completed");
            hosts.awaitVm(vm, view -> view.host().equals("b") && view.migrationId() == null);

            MigrationView back =
                    hosts.migrate(vm, "a", MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 20_000_000));
            hosts.awaitMigration(back, view -> view.status().equals("active"));

            assertThatThrownBy(() -> TwoHosts.get(door.request(asker -> new VmActor.ReadSerial(0, 100, asker))))
                    .hasMessageContaining("is incoming and has no serial port");
            TwoHosts.get(hosts.client().cancelMigration(back.id()));
            hosts.ended(back);
        }
    }

    /** As long as somebody uses the source's memory, as the comparison of a large one does, it cannot be given back. */
    private static void moveWhileTheSourceHolds(TwoHosts hosts, VmView vm, TestHost source, String there, String back)
            throws Exception {
        hosts.awaitVm(vm, view -> view.host().equals(back) && view.migrationId() == null);
        GuestMemory memory =
                source.vault().find(vm.id()).orElseThrow().machine().memory();
        CompletableFuture<MigrationView> waiting;
        MigrationView first;
        try (GuestMemory.Lease use = memory.lease()) {
            first = hosts.migrate(vm, there, COMPARED);
            hosts.awaitVm(
                    vm,
                    view -> view.host().equals(there)
                            && view.status() == VmStatus.RUNNING
                            && view.migrationId() == null);
            // Two at once: one waits, and the other is told so.
            var one = hosts.client().migrate(vm.id(), back, COMPARED).toCompletableFuture();
            var two = hosts.client().migrate(vm.id(), back, COMPARED).toCompletableFuture();
            await().atMost(Duration.ofSeconds(4)).until(() -> one.isDone() || two.isDone());
            waiting = one.isDone() ? two : one;
            assertThatThrownBy((one.isDone() ? one : two)::get).hasMessageContaining("has not yet released this VM");
            assertThat(hosts.view(first).released()).isFalse();
            assertThat(waiting).isNotDone();
            assertThatCode(() -> use.getLong(0))
                    .as("memory that is still mapped")
                    .doesNotThrowAnyException();
        }
        MigrationView second = TwoHosts.get(waiting);
        assertThat(hosts.view(first).released()).as("before the way back began").isTrue();
        MigrationView ended = hosts.ended(second);
        assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
        hosts.awaitVm(vm, view -> view.host().equals(back) && view.migrationId() == null);
        MigrationView third = hosts.ended(hosts.migrate(vm, there, COMPARED));
        assertThat(third.status()).as(third.reason()).isEqualTo("completed");
    }
}
