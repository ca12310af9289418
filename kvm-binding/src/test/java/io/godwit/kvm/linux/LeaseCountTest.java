package io.godwit.kvm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeaseCountTest {
    private static final int CLOSES = 200_000;

    @Test
    void shouldCallACloseCleanThatLateUsersAreRefusedDuring() throws Exception {
        AtomicReference<LeaseCount> current = new AtomicReference<>(new LeaseCount("first"));
        AtomicBoolean done = new AtomicBoolean();
        Runnable use = () -> {
            while (!done.get()) {
                LeaseCount leases = current.get();
                try {
                    leases.acquire();
                    leases.release();
                } catch (IllegalStateException e) {
                    Thread.onSpinWait(); // closed: what it is refused for must not be counted
                }
            }
        };
        List<Thread> users = List.of(new Thread(use), new Thread(use), new Thread(use));
        users.forEach(Thread::start);
        int leaks = 0;
        for (int i = 0; i < CLOSES; i++) {
            LeaseCount leases = current.get();
            leases.close();
            if (!leases.awaitReturned(LeaseCount.CLOSE_TIMEOUT_MS) || leases.outstanding() != 0) {
                leaks++;
            }
            current.set(new LeaseCount("next"));
        }
        done.set(true);
        for (Thread user : users) {
            user.join();
        }
        assertThat(leaks).isZero();
    }

    @Test
    void shouldTellAgainWhatTheCloseCameTo() {
        LeaseCount leases = new LeaseCount("held");
        leases.acquire();
        assertThat(leases.close()).isTrue();
        assertThat(leases.awaitReturned(10)).isFalse();
        assertThatThrownBy(leases::acquire).hasMessage("held is closed");
        assertThat(leases.outstanding()).isEqualTo(1);
        leases.release();
        assertThat(leases.awaitReturned(10)).isTrue();
    }

    @Test
    void shouldNotCallALeakedDescriptorClosedOnceItsLastCallHasEnded() throws Exception {
        EventFd event = EventFd.create("leaked");
        AtomicBoolean end = new AtomicBoolean();
        AtomicBoolean inCall = new AtomicBoolean();
        Thread caller = new Thread(() -> event.file()
                .use(
                        (fd, unused) -> {
                            inCall.set(true);
                            while (!end.get()) {
                                Thread.onSpinWait();
                            }
                            return LibC.INSTANCE.close(fd);
                        },
                        0));
        caller.start();
        while (!inCall.get()) {
            Thread.onSpinWait();
        }
        assertThat(event.file().closeOrLeak()).isFalse();
        end.set(true);
        caller.join();
        assertThat(event.file().closeOrLeak()).as("a descriptor that leaked").isFalse();
    }
}
