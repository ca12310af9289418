package io.godwit.vmm.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.linux.EventFd;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.pci.MemoryWindow;
import io.godwit.vmm.pci.PciBus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A function that leaves a bus which its guest goes on using. */
@Timeout(120)
class UnplugTest {
    private static final int SLOT = 7;
    private static final long CONFIG = 0x8000_0000L | (long) SLOT << 11;
    private static final long BAR0 = 0xd000_0000L;

    private final List<String> steps = Collections.synchronizedList(new ArrayList<>());
    private final GuestMemory memory = GuestMemory.create("godwit:unplug-test", GuestLayout.ofSize(16 << 20));
    private final HarvestedDirtyPages dirty = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
    private final PciBus bus = new PciBus();
    private boolean pinHigh;

    @AfterEach
    void close() {
        dirty.close();
        memory.close();
    }

    /** A device with one queue that says what is done to it. */
    private final class Recorded implements VirtioDevice {
        @Override
        public String id() {
            return "rng/0";
        }

        @Override
        public VirtioKind kind() {
            return VirtioKind.ENTROPY;
        }

        @Override
        public long features() {
            return 0;
        }

        @Override
        public int[] queueSizes() {
            return new int[] {8};
        }

        @Override
        public byte[] config() {
            return new byte[4];
        }

        @Override
        public void claim() {
            steps.add("claim");
        }

        @Override
        public void release() {
            steps.add("release");
        }

        @Override
        public void start(ActiveQueues queues) {
            steps.add("start");
            queues.configChanged();
        }

        @Override
        public void serve(int queue) {
            // nothing to do
        }

        @Override
        public void pause(int worker) {
            steps.add("pause");
        }

        @Override
        public void stop() {
            steps.add("stop");
        }

        @Override
        public void close() {
            steps.add("close");
        }
    }

    private final Doorbells bells = new Doorbells() {
        @Override
        public void attach(EventFd event, long guestAddress) {
            steps.add("attach");
        }

        @Override
        public void detach(EventFd event, long guestAddress) {
            steps.add("detach");
        }
    };

    private VirtioFunction plugged() {
        VirtioFunction function = new VirtioFunction(
                new MachineAccess("test", memory, dirty, (address, data) -> {}, bells), new Recorded());
        function.resume().toCompletableFuture().join();
        function.connectPin(high -> pinHigh = high);
        bus.plug(SLOT, function.pci());
        return function;
    }

    private void config(int register, int size, long value) {
        bus.write(0, 4, CONFIG | register & 0xfc);
        bus.write(4 + (register & 3), size, value);
    }

    private long config(int register, int size) {
        bus.write(0, 4, CONFIG | register & 0xfc);
        return bus.read(4 + (register & 3), size);
    }

    private void write(int offset, int size, long value) {
        bus.window().write(BAR0 + offset - MemoryWindow.START, size, value);
    }

    private long read(int offset, int size) {
        return bus.window().read(BAR0 + offset - MemoryWindow.START, size);
    }

    /** As an operating system does with a function that it finds: addresses, decoding, driver. */
    private void drive() {
        config(0x10, 4, BAR0);
        config(0x04, 2, 0x6);
        write(20, 1, 1);
        write(20, 1, 3);
        write(8, 4, 1);
        write(12, 4, 1); // VERSION_1
        write(20, 1, 11);
        write(20, 1, 15);
    }

    @Test
    void shouldAnswerNowhereBeforeItsGuestSaysWhere() {
        try (VirtioFunction function = plugged()) {
            assertThat(function.id()).isEqualTo("rng/0");
            assertThat(config(0, 2)).isEqualTo(0x1af4);
            assertThat(config(0x04, 2)).as("decodes nothing").isZero();
            assertThat(config(0x10, 4) & -16).as("but has addresses").isNotZero();
            assertThat(steps).containsExactly("claim");
        }
    }

    @Test
    void shouldLeaveInAnOrderInWhichNothingIsUsedThatIsGone() {
        VirtioFunction function = plugged();
        drive();
        assertThat(read(20, 1)).isEqualTo(15);
        assertThat(pinHigh).isTrue();
        steps.clear();

        bus.remove(SLOT);
        assertThat(config(0, 4)).as("an empty slot").isEqualTo(-1);
        assertThat(read(20, 1)).isEqualTo(-1);
        assertThat(steps).containsExactly("detach");
        function.unplug();

        assertThat(steps).containsExactly("detach", "pause", "stop", "release", "close");
        assertThat(pinHigh).as("a shared line").isFalse();
        function.close();
        assertThat(steps).as("once").hasSize(5);
    }

    @Test
    void shouldMakeRoomForTheNext() {
        VirtioFunction first = plugged();
        drive();
        bus.remove(SLOT);
        first.unplug();
        VirtioFunction second = plugged();
        drive();
        assertThat(read(20, 1)).isEqualTo(15);
        bus.remove(SLOT);
        second.unplug();
    }

    /** vCPUs that found the function before it left the bus may still be inside of it. */
    @Test
    void shouldSurviveGuestsThatWriteWhileItComesAndGoes() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Void>> guests = new ArrayList<>();
        for (int guest = 0; guest < 2; guest++) {
            SplittableRandom random = new SplittableRandom(seed + guest);
            guests.add(CompletableFuture.runAsync(() -> {
                while (!over.get()) {
                    poke(random);
                }
            }));
        }
        for (int i = 0; i < 200; i++) {
            VirtioFunction function = plugged();
            drive();
            bus.remove(SLOT);
            function.unplug();
        }
        over.set(true);
        CompletableFuture.allOf(guests.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        assertThat(steps.stream().filter("attach"::equals))
                .hasSameSizeAs(steps.stream().filter("detach"::equals).toList());
        assertThat(steps.stream().filter("close"::equals)).as("seed %d", seed).hasSize(200);
    }

    private void poke(SplittableRandom random) {
        int size = 1 << random.nextInt(3);
        int offset = random.nextInt(0x4000 / size) * size;
        switch (random.nextInt(5)) {
            case 0 -> read(offset, size);
            case 1 -> write(offset, size, random.nextLong() >>> 8 * (8 - size));
            case 2 -> write(Layout.NOTIFY, 2, 0);
            case 3 -> config(random.nextInt(64) * 4, 4);
            default -> write(20, 1, random.nextInt(16));
        }
    }
}
