package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host whose actors end under it: its machines, and what it told operators, outlive them. */
@Timeout(value = 120)
class RestartTest {
    /** Each has one read of the ledger under way at a time. */
    private static final int HOSTS = 2;

    @TempDir
    Path directory;

    private TwoHosts hosts;

    @BeforeEach
    void start() {
        hosts = new TwoHosts(new SimulatedMachineFactory());
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private VmView running(String name) throws Exception {
        Path kernel = directory.resolve("kernel");
        Files.write(kernel, new byte[] {1});
        return hosts.start(name, 64L << 20, 1, kernel, "wss=8 rate=20 fill=16");
    }

    private static void restart(TestHost host) {
        var before = host.system();
        before.terminate();
        await().atMost(Duration.ofSeconds(60)).until(() -> host.system() != before);
    }

    @Test
    void shouldKeepItsMachinesWhileTheActorsDoNotStart() throws Exception {
        VmView vm = running("kept");
        Object machine = hosts.a().vault().find(vm.id()).orElseThrow().machine();
        hosts.a().failStarts(2);

        restart(hosts.a());

        assertThat(hosts.a().startsToFail()).isZero();
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> hosts.view(vm).status() == VmStatus.RUNNING);
        assertThat(hosts.a().vault().find(vm.id()).orElseThrow().machine()).isSameAs(machine);
    }

    @Test
    void shouldKeepTheMachineOfAnActorThatEndsWhileTheLedgerIsRead() throws Exception {
        VmView vm = running("meanwhile");
        Object machine = hosts.a().vault().find(vm.id()).orElseThrow().machine();
        CompletableFuture<Void> later = new CompletableFuture<>();
        hosts.ledger().answerListsAfter(later);
        await().atMost(Duration.ofSeconds(60)).until(() -> hosts.ledger().listsHeld() >= HOSTS);

        endActorOf(vm);
        await().atMost(Duration.ofSeconds(30)).until(() -> !hasActor(vm));
        later.complete(null);

        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> hosts.view(vm).status() == VmStatus.RUNNING);
        assertThat(hosts.a().vault().find(vm.id()).orElseThrow().machine()).isSameAs(machine);
    }

    private ActorSelection actorOf(VmView vm) {
        return Adapter.toClassic(hosts.a().system()).actorSelection("/user/host/vm-" + vm.id());
    }

    private void endActorOf(VmView vm) {
        actorOf(vm).tell(PoisonPill.getInstance(), ActorRef.noSender());
    }

    private boolean hasActor(VmView vm) throws Exception {
        return get(actorOf(vm).resolveOne(Duration.ofSeconds(5)).handle((actor, none) -> actor != null));
    }

    @Test
    void shouldEndTheAccountOfAMigrationWhoseActorEnded() throws Exception {
        VmView vm = running("left");
        MigrationView begun =
                hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 1_000_000));

        endActorOf(vm);

        MigrationView after = hosts.ended(begun);
        assertThat(after.status()).isEqualTo("failed");
        assertThat(after.reason()).contains("this side's actor ended");
        assertThat(after.released()).isTrue();
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
    }

    @Test
    void shouldTakeAVmThatWasOnItsWayWhenTheActorsEndedAtItsNextAttempt() throws Exception {
        VmView vm = running("again");
        MigrationView begun =
                hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 1_000_000));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> hosts.b().vault().find(vm.id()).isPresent());

        restart(hosts.b());

        assertThat(hosts.ended(begun).status()).isEqualTo("failed");
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> hosts.ended(
                                hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.VERIFY, "at-pause")))
                        .status()
                        .equals("completed"));
        hosts.awaitVm(vm, view -> view.host().equals("b") && view.status() == VmStatus.RUNNING);
    }

    @Test
    void shouldSayThatAMigrationWaitsForALedgerOutOfReach() throws Exception {
        VmView vm = running("waiting");
        hosts.ledger().acceptSubmits(0);

        MigrationView begun = hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.VERIFY, "none"));

        MigrationView waiting = hosts.awaitMigration(
                begun, view -> view.reason().equals("waits for the ledger to record Prepare (out of reach)"));
        assertThat(waiting.ended()).isFalse();
        hosts.ledger().acceptSubmits(Integer.MAX_VALUE);
        assertThat(hosts.ended(begun).reason()).isEmpty();
    }

    @Test
    void shouldSayWhichHostIsGoneRatherThanBlameTheNameOfItsVm() throws Exception {
        VmView vm = running("orphan");
        hosts.a().close();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> get(hosts.b().client().hosts()).size() == 1);

        assertThatThrownBy(() -> get(hosts.b().client().request(vm.id(), VmActor.Pause::new)))
                .hasMessageContaining("VM orphan is on host a, which is not in the cluster")
                .cause()
                .extracting(failure -> ProblemException.problemOf(failure).kind())
                .isEqualTo(Problem.Kind.UNAVAILABLE);
    }
}
