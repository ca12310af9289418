package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.actors.testing.DelegatingVcpu;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VM whose vCPU cannot be paused goes on, and is not said to stand still. */
@Timeout(value = 120)
class FailedPauseTest {
    @TempDir
    Path directory;

    @Test
    void shouldShowAVmAsRunningWhoseVcpusDidNotPause() throws Exception {
        var plain = new SimulatedMachineFactory();
        try (TwoHosts hosts = new TwoHosts(WrappedMachine.factory(plain, Restless::new), plain)) {
            Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
            VmView vm = hosts.start("restless", 64L << 20, 1, kernel, "wss=8 rate=20 fill=16");

            assertThatThrownBy(() -> get(hosts.client().request(vm.id(), VmActor.Pause::new)))
                    .isInstanceOf(ExecutionException.class);

            assertThat(hosts.view(vm).status()).isEqualTo(VmStatus.RUNNING);
        }
    }

    private static final class Restless extends WrappedMachine {
        Restless(Machine machine) {
            super(machine);
        }

        @Override
        public List<Vcpu> vcpus() {
            return super.vcpus().stream().<Vcpu>map(RestlessVcpu::new).toList();
        }
    }

    private static final class RestlessVcpu extends DelegatingVcpu {
        RestlessVcpu(Vcpu vcpu) {
            super(vcpu);
        }

        @Override
        public CompletionStage<Void> pause() {
            return CompletableFuture.failedStage(new IllegalStateException("refused by the test"));
        }
    }
}
