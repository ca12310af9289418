package io.godwit.kvm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventsTest {
    @Test
    void shouldCountSignalsUntilTheyAreTaken() {
        try (EventFd event = EventFd.create("event")) {
            assertThat(event.drain()).isZero();
            event.signal();
            event.signal();
            assertThat(event.drain()).isEqualTo(2);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void shouldTellWhichDescriptorsAreReadyByTheirTokens() {
        try (Epoll epoll = Epoll.create("poll");
                EventFd first = EventFd.create("first");
                EventFd second = EventFd.create("second")) {
            epoll.add(first.file(), Epoll.IN, 11);
            epoll.add(second.file(), Epoll.IN, -22);
            List<Long> ready = new ArrayList<>();
            assertThat(epoll.await(0, (token, events) -> ready.add(token))).isZero();
            second.signal();
            assertThat(epoll.await(5_000, (token, events) -> ready.add(token))).isEqualTo(1);
            first.signal();
            assertThat(epoll.await(5_000, (token, events) -> ready.add(token))).isEqualTo(2);
            assertThat(ready).containsExactlyInAnyOrder(-22L, 11L, -22L);
            epoll.remove(second.file());
            first.drain();
            assertThat(epoll.await(0, (token, events) -> ready.add(token))).isZero();
            assertThatThrownBy(() -> epoll.remove(second.file())).hasMessageContaining("ENOENT");
        }
    }

    @Test
    void shouldEndAWaitWhenWokenAndWhenClosed() throws Exception {
        Epoll epoll = Epoll.create("woken");
        CompletableFuture<Integer> woken = CompletableFuture.supplyAsync(() -> epoll.await(-1, (token, events) -> {}));
        epoll.wakeUp();
        assertThat(woken.get(10, TimeUnit.SECONDS)).isZero();
        CompletableFuture<Integer> closed = CompletableFuture.supplyAsync(() -> epoll.await(-1, (token, events) -> {}));
        long start = System.nanoTime();
        epoll.close();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(4_000);
        try {
            assertThat(closed.get(10, TimeUnit.SECONDS)).isZero();
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(e).hasMessageContaining("is closed"); // it came too late to wait at all
        }
        assertThatThrownBy(() -> epoll.await(0, (token, events) -> {})).hasMessageContaining("woken is closed");
    }

    @Test
    void shouldRefuseTheKickSignalWhenSomethingElseHandlesIt() throws Exception {
        Process child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "--add-opens",
                        "java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SignalTaken.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output).contains("signal 40 is needed to stop vCPUs but has a handler at 0x1");
    }

    /** Ignores the signal first, as a library might, and prints what the refusal says. */
    static final class SignalTaken {
        public static void main(String[] args) {
            var action = NativeBuffers.allocate(152);
            action.putLong(0, 1); // SIG_IGN
            LibC.INSTANCE.sigaction(KickSignal.NUMBER, action.addressOffset(), 0);
            try {
                KickSignal.install();
                System.exit(3);
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
