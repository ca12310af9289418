package io.godwit.actors.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.vmm.Device;
import io.godwit.vmm.Vcpu;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The owners of a vCPU and of a device, each alone. */
class PartsTest {
    private static final ActorTestKit KIT = ActorTestKit.create();

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Part part = new Part();

    @AfterAll
    static void end() {
        KIT.shutdownTestKit();
    }

    @Test
    void shouldAnswerForAVcpuWhenItsThreadHasDoneItAndNotBefore() {
        ActorRef<VcpuActor.Command> actor = KIT.spawn(VcpuActor.create(part));
        CompletableFuture<Void> resumed = new CompletableFuture<>();
        CompletableFuture<Void> paused = new CompletableFuture<>();

        actor.tell(new VcpuActor.Resume(resumed));
        actor.tell(new VcpuActor.Pause(paused));
        assertThat(part.awaitAsked(2)).containsExactly("resume", "pause");
        assertThat(resumed).isNotDone();
        assertThat(paused).isNotDone();

        part.complete(1);
        assertThat(paused).succeedsWithin(LIMIT);
        assertThat(resumed).isNotDone();
        part.fail(0, new IllegalStateException("the vCPU's thread has ended"));
        assertThat(resumed).failsWithin(LIMIT).withThrowableThat().withMessageContaining("the vCPU's thread has ended");
    }

    @Test
    void shouldAnswerForADeviceWhenNoneOfItsIoIsInFlight() {
        ActorRef<DeviceActor.Command> actor = KIT.spawn(DeviceActor.create(part));

        CompletableFuture<Void> quiet = new CompletableFuture<>();
        actor.tell(new DeviceActor.Quiesce(quiet));
        assertThat(part.awaitAsked(1)).containsExactly("quiesce");
        assertThat(quiet).isNotDone();
        part.complete(0);
        assertThat(quiet).succeedsWithin(LIMIT);

        CompletableFuture<Void> resumed = new CompletableFuture<>();
        actor.tell(new DeviceActor.Resume(resumed));
        part.awaitAsked(2);
        part.fail(1, new IllegalStateException("its ring is gone"));
        assertThat(resumed).failsWithin(LIMIT).withThrowableThat().withMessageContaining("its ring is gone");
        // One failure does not end its owner.
        CompletableFuture<Void> again = new CompletableFuture<>();
        actor.tell(new DeviceActor.Quiesce(again));
        part.awaitAsked(3);
        part.complete(2);
        assertThat(again).succeedsWithin(LIMIT);
    }

    @Test
    void shouldHandADeviceOverOnlyWhenItIsQuiet() {
        ActorRef<DeviceActor.Command> actor = KIT.spawn(DeviceActor.create(part));

        CompletableFuture<Void> handedOver = new CompletableFuture<>();
        actor.tell(new DeviceActor.HandOver(handedOver));
        assertThat(part.awaitAsked(1)).containsExactly("quiesce");
        part.complete(0);
        assertThat(part.awaitAsked(2)).containsExactly("quiesce", "hand over");
        assertThat(handedOver).isNotDone();
        part.complete(1);
        assertThat(handedOver).succeedsWithin(LIMIT);
    }

    /** Does what it is asked when the test says so. */
    private static final class Part implements Vcpu, Device {
        private final List<String> asked = new ArrayList<>();
        private final List<CompletableFuture<Void>> answers = new ArrayList<>();

        private synchronized CompletionStage<Void> ask(String what) {
            asked.add(what);
            CompletableFuture<Void> answer = new CompletableFuture<>();
            answers.add(answer);
            notifyAll();
            return answer;
        }

        synchronized List<String> awaitAsked(int count) {
            long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (asked.size() < count) {
                long leftMs = (deadline - System.nanoTime()) / 1_000_000;
                assertThat(leftMs)
                        .as("ms left to be asked %d times: %s", count, asked)
                        .isPositive();
                try {
                    wait(leftMs);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return List.copyOf(asked);
        }

        synchronized void complete(int index) {
            answers.get(index).complete(null);
        }

        synchronized void fail(int index, Throwable failure) {
            answers.get(index).completeExceptionally(failure);
        }

        @Override
        public CompletionStage<Void> resume() {
            return ask("resume");
        }

        @Override
        public CompletionStage<Void> pause() {
            return ask("pause");
        }

        @Override
        public CompletionStage<Void> quiesce() {
            return ask("quiesce");
        }

        @Override
        public CompletionStage<Void> handOver() {
            return ask("hand over");
        }

        @Override
        public String id() {
            return "part/0";
        }

        @Override
        public int index() {
            return 0;
        }

        @Override
        public boolean isPaused() {
            return true;
        }

        @Override
        public void throttle(int percent) {
            throw new UnsupportedOperationException("not asked for by its owner");
        }

        @Override
        public int throttlePercent() {
            return 0;
        }

        @Override
        public long cpuTimeNs() {
            return 0;
        }
    }
}
