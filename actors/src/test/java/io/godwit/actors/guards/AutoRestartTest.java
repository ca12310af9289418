package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.AutoRestart;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Guests that end by themselves, and what was asked for then. */
@Timeout(120)
class AutoRestartTest {
    @TempDir
    Path directory;

    private final AtomicInteger made = new AtomicInteger();
    private final AtomicReference<Acting> last = new AtomicReference<>();
    private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    private TwoHosts hosts;
    private Path kernel;

    @BeforeEach
    void start() throws Exception {
        hosts = new TwoHosts(WrappedMachine.factory(new SimulatedMachineFactory(), Acting::new));
        kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private VmView running(AutoRestart autoRestart) throws Exception {
        return hosts.startStateless("acting", kernel, "wss=8 rate=20 fill=16", autoRestart);
    }

    @Test
    void shouldKeepACrashedGuestForInspectionUnlessAskedOtherwise() throws Exception {
        VmView vm = running(AutoRestart.NEVER);

        last.get().act(new MachineEvent.Panicked());

        VmView crashed = hosts.awaitVm(vm, view -> view.status() == VmStatus.CRASHED);
        assertThat(crashed.detail()).isEqualTo("the guest's kernel panicked");
        assertThat(made).hasValue(1);
    }

    @Test
    void shouldStartACrashedGuestAgainInAWhile() throws Exception {
        VmView vm = running(AutoRestart.ON_CRASH);

        last.get().act(new MachineEvent.Panicked());

        VmView crashed = hosts.awaitVm(vm, view -> view.status() == VmStatus.CRASHED);
        assertThat(crashed.detail()).isEqualTo("the guest's kernel panicked; it is started again in 1s (1 of 6)");
        VmView again = hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
        assertThat(made).hasValue(2);
        assertThat(again.lastAct()).isNotNull();
        assertThat(again.lastAct().kind()).isEqualTo("panic");
    }

    @Test
    void shouldLeaveAGuestOffThatMeantToEnd() throws Exception {
        VmView vm = running(AutoRestart.ON_CRASH);

        last.get().act(new MachineEvent.PoweredOff());

        hosts.awaitVm(vm, view -> view.status() == VmStatus.STOPPED);
        hosts.awaitEmpty(hosts.a());
        assertThat(made).hasValue(1);
    }

    @Test
    void shouldStartAGuestAgainThatPoweredOffWhereThatIsAskedFor() throws Exception {
        VmView vm = running(AutoRestart.ALWAYS);

        last.get().act(new MachineEvent.PoweredOff());

        VmView off = hosts.awaitVm(vm, view -> view.status() == VmStatus.STOPPED);
        assertThat(off.detail()).isEqualTo("the guest powered off; it is started again in 1s (1 of 6)");
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
        assertThat(made).hasValue(2);
    }

    @Test
    void shouldTryAgainWhereARestartFails() throws Exception {
        VmView vm = running(AutoRestart.ON_CRASH);
        failures.add(new IllegalStateException("no such luck"));

        last.get().act(new MachineEvent.Failed(0, "a test"));

        VmView failed = hosts.awaitVm(vm, view -> view.detail().contains("no such luck"));
        assertThat(failed.detail()).endsWith("it is started again in 2s (2 of 6)");
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING);
    }

    @Test
    void shouldNotStartAGuestAgainThatAnOperatorStopsMeanwhile() throws Exception {
        VmView vm = running(AutoRestart.ALWAYS);
        last.get().act(new MachineEvent.Panicked());
        hosts.awaitVm(vm, view -> view.detail().contains("it is started again"));

        VmView stopped = hosts.ask(vm, VmActor.Stop::new);

        assertThat(stopped.status()).isEqualTo(VmStatus.STOPPED);
        assertThat(stopped.detail()).isEmpty();
        hosts.awaitEmpty(hosts.a());
        assertThat(made).hasValue(1);
    }

    private final class Acting extends WrappedMachine {
        Acting(Machine machine) {
            super(machine);
            RuntimeException failure = failures.poll();
            if (failure != null) {
                machine.close();
                throw failure;
            }
            made.incrementAndGet();
            last.set(this);
        }

        void act(MachineEvent event) {
            publish(event);
        }
    }
}
