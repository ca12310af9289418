package io.godwit.actors.permit;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.host.HostView;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.AutoRestart;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts whose lines to the ledger's leader fail and come back. */
@Timeout(180)
class PermitTest {
    private static final PermitTimes SHORT = new PermitTimes(1_000, 100, 10, 500);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String LOAD = "wss=8 rate=20 fill=16";

    @TempDir
    Path directory;

    private TwoHosts hosts;
    private Path kernel;

    @BeforeEach
    void start() throws Exception {
        hosts = new TwoHosts(new SimulatedMachineFactory(), SHORT);
        kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private VmView movable(String name) throws Exception {
        return hosts.startStateless(name, kernel, LOAD, AutoRestart.NEVER);
    }

    @Test
    void shouldStopAGuardedVmWhenThePermitRunsOutAndLetItRunOnWhenThatIsBack() throws Exception {
        VmView vm = movable("guarded");
        assertThat(vm.guarded()).isTrue();

        hosts.lineA().reachable(false);

        VmView waiting = hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));
        assertThat(waiting.status()).isEqualTo(VmStatus.PAUSED);
        assertThat(waiting.detail()).contains("host a has lost the ledger's quorum");
        awaitPaused(hosts.a(), vm, true);
        assertThat(hostView("a").permit().hasQuorum()).isFalse();
        assertThat(hostView("b").permit().hasQuorum()).isTrue();

        hosts.lineA().reachable(true);

        VmView again = hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
        assertThat(again.waitsFor()).isEmpty();
        awaitPaused(hosts.a(), vm, false);
        assertThat(hostView("a").permit().hasQuorum()).isTrue();
    }

    @Test
    void shouldLetAVmRunOnThatNoOtherHostCouldStart() throws Exception {
        VmView guarded = movable("guarded");
        VmView sticky = hosts.start("sticky", 64L << 20, 1, kernel, LOAD);
        assertThat(sticky.guarded()).isFalse();

        hosts.lineA().reachable(false);
        hosts.awaitVm(guarded, view -> view.waitsFor().equals("permit"));

        assertThat(hosts.view(sticky).status()).isEqualTo(VmStatus.RUNNING);
        assertThat(isPaused(hosts.a(), sticky)).isFalse();
    }

    @Test
    void shouldNotLetRunWhatAnOperatorPaused() throws Exception {
        VmView paused = movable("paused");
        VmView running = movable("running");
        hosts.ask(paused, VmActor.Pause::new);

        hosts.lineA().reachable(false);
        hosts.awaitVm(running, view -> view.waitsFor().equals("permit"));
        assertThat(hosts.view(paused).waitsFor()).as("what it waits for").isEmpty();
        hosts.lineA().reachable(true);
        hosts.awaitVm(running, view -> view.status() == VmStatus.RUNNING);

        assertThat(hosts.view(paused).status()).isEqualTo(VmStatus.PAUSED);
        assertThat(isPaused(hosts.a(), paused)).isTrue();
        hosts.ask(paused, VmActor.Resume::new);
        awaitPaused(hosts.a(), paused, false);
    }

    @Test
    void shouldNotRunOnBeforeTheLedgerWasReadAfterTheGap() throws Exception {
        VmView vm = movable("unread");
        hosts.lineA().reachable(false);
        hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));
        hosts.ledger().reachable(false);
        hosts.lineA().reachable(true);
        await().atMost(LIMIT)
                .until(() -> hosts.a().vault().permits().permitEndsMs().isPresent());

        assertThat(hosts.a().vault().permits().untilMs(vm.id())).isEmpty();
        assertThat(isPaused(hosts.a(), vm)).isTrue();

        hosts.ledger().reachable(true);
        awaitPaused(hosts.a(), vm, false);
    }

    @Test
    void shouldGiveUpAVmThatAnotherHostClaimedAndStartItThere() throws Exception {
        VmView vm = movable("claimed");
        hosts.lineA().reachable(false);
        hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));

        claim(vm, hosts.b());

        await().atMost(LIMIT).until(() -> hosts.b().vault().find(vm.id()).isPresent());
        awaitPaused(hosts.b(), vm, false);
        assertThat(isPaused(hosts.a(), vm)).as("at the old host").isTrue();
        hosts.lineA().reachable(true);
        hosts.awaitEmpty(hosts.a());
        VmView there = hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
        assertThat(there.host()).isEqualTo("b");
        assertThat(there.epoch()).isEqualTo(2);
        assertThat(there.guarded()).isTrue();
    }

    @Test
    void shouldStartAClaimedVmAnewAtAHostThatHadItBefore() throws Exception {
        VmView vm = movable("back");
        hosts.lineA().reachable(false);
        hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));
        Object before = hosts.a().vault().find(vm.id()).orElseThrow().machine();

        claim(vm, hosts.b());
        claim(vm, hosts.a());
        hosts.lineA().reachable(true);

        await().atMost(LIMIT)
                .until(() -> hosts.a()
                        .vault()
                        .find(vm.id())
                        .filter(now -> now.machine() != before)
                        .isPresent());
        awaitPaused(hosts.a(), vm, false);
        hosts.awaitEmpty(hosts.b());
        assertThat(hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING).epoch())
                .isEqualTo(3);
    }

    @Test
    void shouldRunUnderThePermitOfTheHostThatItMovedTo() throws Exception {
        VmView vm = movable("moved");
        assertThat(hosts.ended(hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.VERIFY, "none")))
                        .status())
                .isEqualTo("completed");
        hosts.awaitVm(vm, view -> view.host().equals("b") && view.status() == VmStatus.RUNNING);
        hosts.lineA().reachable(false);
        await().atMost(LIMIT)
                .until(() -> hosts.a().vault().permits().permitEndsMs().isEmpty());
        assertThat(hosts.view(vm).status()).isEqualTo(VmStatus.RUNNING);

        hosts.lineB().reachable(false);

        hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));
        hosts.lineB().reachable(true);
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
    }

    @Test
    void shouldHoldTheTargetToItsOwnPermitWhateverTheSourceSays() throws Exception {
        VmView vm = movable("held-there");
        hosts.lineB().reachable(false);
        await().atMost(LIMIT)
                .until(() -> hosts.b().vault().permits().permitEndsMs().isEmpty());

        hosts.migrate(vm, "b", MigrationParameters.of(MigrationParameter.VERIFY, "none"));

        hosts.awaitVm(vm, view -> view.host().equals("b") && view.waitsFor().equals("permit"));
        assertThat(isPaused(hosts.b(), vm)).isTrue();
        hosts.lineB().reachable(true);
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
        awaitPaused(hosts.b(), vm, false);
        hosts.awaitEmpty(hosts.a());
    }

    @Test
    void shouldTakeItsMachinesOverWithTheirPermitsWhenTheActorsBeginAnew() throws Exception {
        VmView vm = movable("adopted");
        Object machine = hosts.a().vault().find(vm.id()).orElseThrow().machine();
        var before = hosts.a().system();

        before.terminate();
        await().atMost(Duration.ofSeconds(60)).until(() -> hosts.a().system() != before);

        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> hosts.view(vm).status() == VmStatus.RUNNING);
        assertThat(hosts.a().vault().find(vm.id()).orElseThrow().machine()).isSameAs(machine);
        awaitPaused(hosts.a(), vm, false);
        hosts.lineA().reachable(false);
        hosts.awaitVm(vm, view -> view.waitsFor().equals("permit"));
        awaitPaused(hosts.a(), vm, true);
    }

    /** As recovery does, when the old host's permit has run out. */
    private void claim(VmView vm, TestHost by) throws Exception {
        VmRecord now = get(hosts.ledger().find(vm.id())).orElseThrow();
        HostIdentity taker = by.vault().identity();
        LedgerAnswer answer = get(hosts.ledger()
                .submit(new LedgerCommand.Claim(
                        "claim-" + now.epoch(), vm.id(), now.owner(), now.epoch(), null, taker)));
        assertThat(answer).isInstanceOf(LedgerAnswer.Applied.class);
    }

    private HostView hostView(String name) throws Exception {
        Map<String, HostView> views =
                get(hosts.client().hosts()).stream().collect(Collectors.toMap(HostView::id, Function.identity()));
        return views.get(name);
    }

    private static boolean isPaused(TestHost host, VmView vm) {
        return host.vault().find(vm.id()).orElseThrow().machine().vcpus().stream()
                .allMatch(Vcpu::isPaused);
    }

    private static void awaitPaused(TestHost host, VmView vm, boolean paused) {
        await().atMost(LIMIT).until(() -> isPaused(host, vm) == paused);
    }
}
