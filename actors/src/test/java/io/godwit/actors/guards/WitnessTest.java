package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.config.Destination;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Host {@code a} and witness {@code w}, which has more room and as good machines: only its role keeps VMs off it. */
@Timeout(120)
class WitnessTest {
    private static final String WHY = "host w: it is a witness, which runs no VMs";
    private static final Destination ANY = new Destination(Optional.empty(), Optional.empty(), SkippedChecks.NONE);

    @TempDir
    Path directory;

    private final InMemoryLedger ledger = new InMemoryLedger();
    private Path kernel;
    private TestHost a;
    private TestHost witness;

    @BeforeEach
    void start() throws Exception {
        kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
        int port = FreePorts.tcp();
        List<String> seeds = List.of("127.0.0.1:" + port);
        a = new TestHost("a", port, seeds, ledger, new SimulatedMachineFactory(), 1L << 30);
        witness = TestHost.witness("w", FreePorts.tcp(), seeds, ledger, new SimulatedMachineFactory(), 4L << 30);
        for (TestHost host : List.of(a, witness)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> get(host.client().hosts()).stream()
                                    .filter(view -> view.state().equals("up")
                                            && !view.incarnation().isEmpty())
                                    .count()
                            == 2);
        }
    }

    @AfterEach
    void stop() {
        if (witness != null) {
            witness.close();
        }
        if (a != null) {
            a.close();
        }
    }

    @Test
    void shouldChooseAnotherHostForAVmThatIsCreatedThere() throws Exception {
        VmView vm = get(witness.client().createAndStart(spec("db"), null));

        assertThat(vm.host()).isEqualTo("a");
        assertThat(get(witness.client().losses(ledger.records())).homeless()).containsOnlyKeys("a");
        HostView shown = get(a.client().hosts()).get(1);
        assertThat(shown.id()).isEqualTo("w");
        assertThat(shown.resources().isWitness()).isTrue();
        assertThat(shown.backend()).isEqualTo("none");
        assertThat(shown.vms()).isZero();
    }

    @Test
    void shouldRefuseAVmThatIsToBeCreatedOnItOrComeToItAndSayWhy() throws Exception {
        VmView vm = get(a.client().createAndStart(spec("db"), "a"));

        assertThat(problem(() -> get(a.client().create(spec("web"), "w"))).reasons())
                .containsExactly(WHY);
        assertThat(problem(() -> get(witness.client().createAndStart(spec("web"), "w")))
                        .detail())
                .isEqualTo("VM web may not be on host w: " + WHY);
        assertThat(problem(() -> get(a.client().migrate("db", "w", MigrationParameters.NONE)))
                        .reasons())
                .containsExactly(WHY);
        assertThat(problem(() -> get(a.client().migrate("db", ANY, MigrationParameters.NONE)))
                        .reasons())
                .containsExactly(WHY);
        assertThat(get(a.client().plan("db", Destination.of("w"), MigrationParameters.NONE))
                        .refusals())
                .containsExactly(WHY);
        get(a.client().request(vm.id(), VmActor.Stop::new));
        assertThat(problem(() -> get(a.client().migrateCold("db", "w", true))).detail())
                .contains(WHY);
        assertThat(ledger.records()).singleElement().satisfies(record -> {
            assertThat(record.owner().hostId()).isEqualTo("a");
            assertThat(record.epoch()).isEqualTo(vm.epoch());
        });
    }

    /** Whoever leads the ledger chooses by what it knew a moment before. */
    @Test
    void shouldClaimNoVmOfAHostThatIsSilent() throws Exception {
        VmView vm = get(a.client().createAndStart(spec("db"), "a"));
        HostIdentity owner = a.vault().identity();
        LedgerCommand.Claim claim = new LedgerCommand.Claim(
                "claim", vm.id(), owner, vm.epoch(), null, witness.vault().identity());

        HostActor.Taken taken = get(AskPattern.ask(
                get(new HostRegistry(witness.system()).find("w")).orElseThrow(),
                replyTo -> new HostActor.TakeOver(claim, replyTo),
                Duration.ofSeconds(20),
                witness.system().scheduler()));

        assertThat(taken.refusal()).isEqualTo(WHY);
        assertThat(ledger.records())
                .singleElement()
                .satisfies(record -> assertThat(record.owner()).isEqualTo(owner));
    }

    @Test
    void shouldNotBeDrainedAndSayWhy() {
        assertThat(problem(() -> get(a.maintenance().drain("w", 2))).detail())
                .isEqualTo("nothing can be drained: " + WHY);
        assertThat(problem(() -> get(witness.maintenance().restore("w", 2))).detail())
                .isEqualTo("nothing can be brought back: " + WHY);
    }

    @Test
    void shouldLeaveAVmOfADrainedHostWhereItIsRatherThanMoveItThere() throws Exception {
        VmView vm = get(a.client().createAndStart(spec("db"), "a"));

        get(a.maintenance().drain("a", 2));

        await().atMost(Duration.ofSeconds(30))
                .until(() -> get(a.maintenance().list()).get(0).vms().stream()
                        .anyMatch(move -> move.reason().contains(WHY)));
        assertThat(get(a.client().vm(vm.id())).host()).isEqualTo("a");
    }

    private VmSpec spec(String name) {
        return new VmSpec(
                name, 64L << 20, 1, kernel.toString(), "wss=8 rate=10", null, DirtyLogKind.BITMAP, new TreeSet<>());
    }

    private static Problem problem(ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }
}
