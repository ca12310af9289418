package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host that starts and reads what it owns while a VM is being created on it. */
@Timeout(120)
class CreationRaceTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final SlowLedger ledger = new SlowLedger();
    private TestHost host;

    @BeforeEach
    void startHost() throws Exception {
        int port = FreePorts.tcp();
        host = new TestHost("a", port, List.of("127.0.0.1:" + port), ledger, new SimulatedMachineFactory(), 128L << 20);
        await().atMost(LIMIT)
                .until(() -> get(host.client().hosts()).stream()
                                .anyMatch(up -> !up.incarnation().isEmpty())
                        && host.vault().permits().permitEndsMs().isPresent());
    }

    @AfterEach
    void closeHost() {
        host.close();
    }

    private VmSpec spec(String name) throws Exception {
        Path kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
        return new VmSpec(
                name,
                64L << 20,
                1,
                kernel.toString(),
                "wss=1 rate=1 fill=1",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>());
    }

    @Test
    void shouldServeAVmOnceThatTheLedgerListsBeforeItsCreationIsAnswered() throws Exception {
        CompletionStage<VmView> created = host.client().create(spec("raced"), "a");
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

    @Test
    void shouldMakeTheMachineOfAVmThatIsToRunWhileTheLedgerRecordsItAndRunItOnlyThen() throws Exception {
        CompletionStage<VmView> created = host.client().createAndStart(spec("at-once"), "a");
        ledger.answers.awaitReached();
        String vmId = get(ledger.inner.list()).get(0).id();
        await().atMost(LIMIT).until(() -> host.vault().find(vmId).isPresent());
        Machine machine = host.vault().find(vmId).orElseThrow().machine();
        ledger.lists.open();
        await().atMost(LIMIT).until(() -> ledger.listed.get() > 0);

        assertThatThrownBy(() -> get(host.client().request(vmId, VmActor.Describe::new)))
                .as("it has no actor yet")
                .hasMessageContaining("is not on host a");
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        ledger.answers.open();

        assertThat(get(created).status()).isEqualTo(VmStatus.RUNNING);
        assertThat(host.vault().find(vmId).orElseThrow().machine()).isSameAs(machine);
        assertThat(machine.vcpus()).noneMatch(Vcpu::isPaused);
        assertThat(ledger.aboutVms).as("entries of the ledger").hasValue(1);
    }

    @Test
    void shouldGiveBackTheMachineOfAVmThatTheLedgerRefuses() throws Exception {
        ledger.answers.open();
        get(host.client().createAndStart(spec("taken"), "a"));

        assertThatThrownBy(() -> get(host.client().createAndStart(spec("taken"), "a")))
                .hasMessageContaining("\"taken\" is taken");

        assertThat(host.vault().machines()).hasSize(1);
        assertThat(host.vault().usedMemoryBytes()).isEqualTo(64L << 20);
    }

    @Test
    void shouldKeepTheDefinitionOfAVmThatCouldNotBeStarted() throws Exception {
        ledger.answers.open();
        get(host.client().createAndStart(spec("one"), "a"));
        get(host.client().createAndStart(spec("two"), "a"));

        assertThatThrownBy(() -> get(host.client().createAndStart(spec("three"), "a")))
                .hasMessageContaining("VM three is defined, but was not started")
                .hasMessageContaining("0 of 134217728 bytes left");

        assertThat(statusOf(get(host.client().request("three", VmActor.Describe::new))))
                .isEqualTo(VmStatus.STOPPED);
        get(host.client().request("one", VmActor.Stop::new));
        assertThat(statusOf(get(host.client().request("three", VmActor.Start::new))))
                .isEqualTo(VmStatus.RUNNING);
    }

    @Test
    void shouldFindItsOwnVmsWithoutTheLedgerWhileItsPermitLasts() throws Exception {
        ledger.answers.open();
        ledger.lists.open();
        get(host.client().createAndStart(spec("known"), "a"));
        ledger.inner.reachable(false);

        assertThat(get(host.client().vm("known")).status()).isEqualTo(VmStatus.RUNNING);
        assertThatThrownBy(() -> get(host.client().vm("unknown"))).hasMessageContaining("no majority");
    }

    private static VmStatus statusOf(VmActor.Answer answer) {
        return ((VmActor.Done) answer).vm().status();
    }

    /**
     * Lists for the host, which asks first, when the test says so; for who creates a VM at once. Answers creations, which it
     * has carried out, when the test says so.
     */
    private static final class SlowLedger implements Ledger {
        final InMemoryLedger inner = new InMemoryLedger();
        final Gate lists = new Gate();
        final Gate answers = new Gate();
        final AtomicInteger aboutVms = new AtomicInteger();
        final AtomicInteger listed = new AtomicInteger();
        private final AtomicBoolean hostAsked = new AtomicBoolean();

        @Override
        public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
            CompletionStage<LedgerAnswer> answer = inner.submit(command);
            if (!command.vmId().isEmpty()) {
                aboutVms.incrementAndGet();
            }
            return command instanceof LedgerCommand.Define ? answers.passed().thenCompose(open -> answer) : answer;
        }

        @Override
        public CompletionStage<List<VmRecord>> list() {
            if (!hostAsked.compareAndSet(false, true)) {
                return inner.list();
            }
            return lists.passed()
                    .thenCompose(open -> inner.list())
                    .whenComplete((all, failure) -> listed.incrementAndGet());
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
