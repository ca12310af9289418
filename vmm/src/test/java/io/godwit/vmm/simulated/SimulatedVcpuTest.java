package io.godwit.vmm.simulated;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.RunDeadline;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SimulatedVcpuTest {
    @Test
    void shouldEndTheThreadsThatStartedWhenOneCannot() {
        SimulatedVcpu vcpu =
                new SimulatedVcpu("unstartable", 0, new IdleGuest(), new RunDeadline("unstartable", passedNs -> {}));
        // The same a second time: a thread cannot start twice.
        assertThatThrownBy(() -> SimulatedVcpu.startAll(List.of(vcpu, vcpu)))
                .isInstanceOf(IllegalThreadStateException.class);
        Awaitility.await()
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("godwit-unstartable")));
    }

    private static final class IdleGuest implements SimulatedVcpu.Guest {
        @Override
        public String notRunnable() {
            return "never";
        }

        @Override
        public void entered() {}

        @Override
        public long slice() {
            return -1;
        }

        @Override
        public void failed(RuntimeException cause) {}
    }
}
