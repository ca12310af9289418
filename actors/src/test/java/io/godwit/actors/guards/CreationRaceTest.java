package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.testing.Gate;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host that starts and reads what it owns while a VM is being created on it. */
@Timeout(120)
class CreationRaceTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void shouldServeAVmOnceThatTheLedgerListsBeforeItsCreationIsAnswered() throws Exception {
        Path kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        SlowLedger ledger = new SlowLedger();
        try (TestHost host = new TestHost(
                "a", port, List.of("127.0.0.1:" + port), ledger, new SimulatedMachineFactory(), 1L << 30)) {
            await().atMost(LIMIT)
                    .until(() -> get(host.client().hosts()).stream()
                            .anyMatch(up -> !up.incarnation().isEmpty()));
            CompletionStage<VmView> created = host.client()
                    .create(
                            new VmSpec(
                                    "raced",
                                    64L << 20,
                                    1,
                                    kernel.toString(),
                                    "wss=1 rate=1 fill=1",
                                    null,
                                    DirtyLogKind.BITMAP,
                                    new TreeSet<>()),
                            "a");
            ledger.answers.awaitReached();
            String vmId = get(ledger.inner.list()).get(0).id();
            ledger.lists.open();
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> statusOf(get(host.client().request(vmId, VmActor.Describe::new))) == VmStatus.STOPPED);

            ledger.answers.open();

            assertThat(get(created).id()).isEqualTo(vmId);
            assertThat(statusOf(get(host.client().request(vmId, VmActor.Start::new))))
                    .isEqualTo(VmStatus.RUNNING);
        }
    }

    private static VmStatus statusOf(VmActor.Answer answer) {
        return ((VmActor.Done) answer).vm().status();
    }

    /** Lists when the test says so, and answers creations, which it has carried out, when the test says so. */
    private static final class SlowLedger implements Ledger {
        final InMemoryLedger inner = new InMemoryLedger();
        final Gate lists = new Gate();
        final Gate answers = new Gate();

        @Override
        public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
            CompletionStage<LedgerAnswer> answer = inner.submit(command);
            return command instanceof LedgerCommand.Create ? answers.passed().thenCompose(open -> answer) : answer;
        }

        @Override
        public CompletionStage<List<VmRecord>> list() {
            return lists.passed().thenCompose(open -> inner.list());
        }

        @Override
        public CompletionStage<Optional<VmRecord>> find(String vmId) {
            return inner.find(vmId);
        }

        @Override
        public CompletionStage<MigrationParameters> clusterParameters() {
            return inner.clusterParameters();
        }

        @Override
        public CompletionStage<List<HostMaintenance>> maintenance() {
            return inner.maintenance();
        }
    }
}
