package io.godwit.vmm.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.device.balloon.BalloonDevice;
import io.godwit.vmm.device.block.BlockDevice;
import io.godwit.vmm.device.block.Disk;
import io.godwit.vmm.device.entropy.EntropyDevice;
import io.godwit.vmm.device.net.HostInterface;
import io.godwit.vmm.device.net.MacAddress;
import io.godwit.vmm.device.net.NetDevice;
import io.godwit.vmm.device.serial.ConsoleDevice;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.virtio.queue.QueueFault;
import io.godwit.vmm.virtio.queue.QueueLayout;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every device served with rings that a hostile driver wrote, and writes while they are read. */
class HostileDriverTest {
    private static final long RAM_BYTES = 4 << 20;
    private static final int SIZE = 16;
    private static final long TABLES = 0x8_0000;
    private static final int CHAINS_PER_ROUND = 8;
    private static final long SEED = 20_261_121;

    @TempDir
    private Path directory;

    private GuestMemory memory;
    private GuestMemory.Lease lease;
    private HarvestedDirtyPages dirty;
    private DeviceWorker worker;

    enum Kind {
        BLOCK(125_000),
        DIRECT_BLOCK(5_000), // each waits for the disk
        NET(125_000),
        ENTROPY(125_000),
        CONSOLE(125_000),
        BALLOON(125_000);

        final int rounds;

        Kind(int rounds) {
            this.rounds = rounds;
        }
    }

    @BeforeEach
    void prepare() {
        memory = GuestMemory.create("godwit:hostile-driver", GuestLayout.ofSize(RAM_BYTES));
        lease = memory.lease();
        dirty = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
        worker = new DeviceWorker("hostile-driver-test");
    }

    @AfterEach
    void close() {
        worker.close();
        dirty.close();
        lease.close();
        memory.close();
    }

    private VirtioDevice device(Kind kind) throws IOException {
        return switch (kind) {
            case BLOCK -> block(false);
            case DIRECT_BLOCK -> block(true);
            case NET -> net();
            case ENTROPY -> new EntropyDevice("rng/0");
            case CONSOLE -> new ConsoleDevice("console/0");
            case BALLOON -> new BalloonDevice("balloon/0");
        };
    }

    private VirtioDevice block(boolean direct) throws IOException {
        Path image = directory.resolve("disk.raw");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return new BlockDevice("disk/0", Disk.open("disk/0", image.toString(), false, direct, false), "x", 1);
    }

    /** Down, so that the packets go nowhere. */
    private static VirtioDevice net() {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "taps need root");
        String name = "gwh" + ProcessHandle.current().pid() % 100_000;
        MacAddress mac = MacAddress.parse("02:00:5e:10:00:02");
        return new NetDevice("nic/0", mac, HostInterface.open("nic/0", name, mac, null, 1));
    }

    private QueueLayout layout(int queue) {
        long base = 0x1_0000L * (queue + 1);
        return new QueueLayout(SIZE, base, base + 0x1000, base + 0x2000);
    }

    private ActiveQueues queues(VirtioDevice device, List<VirtQueue> rings) {
        rings.clear();
        List<@Nullable VirtQueue> active = new ArrayList<>();
        List<DeviceWorker> workers = new ArrayList<>();
        for (int i = 0; i < device.queueSizes().length; i++) {
            VirtQueue queue = new VirtQueue(device.id() + " queue " + i, layout(i), memory.layout(), dirty, true, true);
            rings.add(queue);
            active.add(queue);
            workers.add(worker);
        }
        ActiveQueues.Interrupts nobody = new ActiveQueues.Interrupts() {
            @Override
            public void queue(int index) {}

            @Override
            public void configChanged() {}
        };
        return new ActiveQueues(active, device.features(), memory, dirty, workers, device::serve, nobody);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldOutliveAMillionChainsAndADriverThatRewritesThem(Kind kind) throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        Thread racing = new Thread(() -> rewrite(taken, over));
        Random random = new Random(SEED);
        int faults = 0;
        try (VirtioDevice device = device(kind)) {
            List<VirtQueue> rings = new ArrayList<>();
            device.start(queues(device, rings));
            racing.start();
            for (int round = 0; round < kind.rounds; round++) {
                int index = round % rings.size();
                VirtQueue queue = rings.get(index);
                taken.set(queue.nextAvailable());
                new HostileRings(lease, layout(index), RAM_BYTES, TABLES, random)
                        .scramble(queue.nextAvailable(), CHAINS_PER_ROUND);
                try {
                    device.serve(index);
                } catch (QueueFault expected) {
                    faults++;
                    pause(device);
                    device.stop();
                    device.start(queues(device, rings));
                }
            }
        } finally {
            over.set(true);
            racing.join();
        }
        assertThat(faults).as("faults with seed %d", SEED).isGreaterThan(kind.rounds / 20);
    }

    /** As a machine does before it stops a device; here all of it is one thread's. */
    private static void pause(VirtioDevice device) {
        for (int i = 0; i < device.workers(); i++) {
            device.pause(i);
        }
    }

    private void rewrite(AtomicInteger taken, AtomicBoolean over) {
        Random random = new Random(SEED + 1);
        try (GuestMemory.Lease own = memory.lease()) {
            while (!over.get()) {
                new HostileRings(own, layout(random.nextInt(3)), RAM_BYTES, TABLES, random).disturb(taken.get());
            }
        }
    }
}
