package io.godwit.vmm.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.virtio.HostileRings;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtQueueTest {
    private static final long RAM_BYTES = 2 << 20;
    private static final int SIZE = 16;
    private static final long TABLES = 0x4000;
    private static final long DATA = 0x1_0000;
    private static final int HOSTILE_ROUNDS = 1_000_000;
    private static final int RACING_ROUNDS = 300_000;
    private static final QueueLayout LAYOUT = new QueueLayout(SIZE, 0x1000, 0x2000, 0x3000);
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private GuestMemory memory;
    private GuestMemory.Lease lease;
    private HarvestedDirtyPages dirty;
    private VirtQueue queue;
    private final DescriptorChain chain = new DescriptorChain(SIZE);

    @BeforeEach
    void makeQueue() {
        memory = GuestMemory.create("godwit:queue-test", GuestLayout.ofSize(RAM_BYTES));
        lease = memory.lease();
        dirty = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
        queue = queue(true);
    }

    private VirtQueue queue(boolean eventIndex) {
        return new VirtQueue("test queue", LAYOUT, memory.layout(), dirty, true, eventIndex);
    }

    @AfterEach
    void close() {
        dirty.close();
        lease.close();
        memory.close();
    }

    private void descriptor(long table, int index, long address, int length, int flags, int next) {
        lease.putLong(table + 16L * index, address);
        lease.putInt(table + 16L * index + 8, length);
        lease.putShort(table + 16L * index + 12, (short) flags);
        lease.putShort(table + 16L * index + 14, (short) next);
    }

    private void offer(int position, int head) {
        lease.putShort(LAYOUT.availableEntry(position), (short) head);
        lease.putShortRelease(LAYOUT.availableIndex(), (short) (position + 1));
    }

    @Test
    void shouldHandOutARequestInItsPiecesAndTakeItsAnswer() {
        descriptor(LAYOUT.descriptors(), 3, DATA, 4, NEXT, 5);
        descriptor(LAYOUT.descriptors(), 5, DATA + 8, 4, NEXT, 1);
        descriptor(LAYOUT.descriptors(), 1, DATA + 16, 8, WRITE, 0);
        lease.putLong(DATA, 0x44332211L);
        lease.putLong(DATA + 8, 0x88776655L);
        assertThat(queue.pop(lease, chain)).isFalse();
        offer(0, 3);
        assertThat(queue.pop(lease, chain)).isTrue();
        assertThat(chain.head()).isEqualTo(3);
        assertThat(chain.readableBytes()).isEqualTo(8);
        assertThat(chain.writableBytes()).isEqualTo(8);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[16]);
        assertThat(chain.read(lease, 3, bytes, 0, 16))
                .as("bytes behind the first three")
                .isEqualTo(5);
        assertThat(bytes.getInt(0)).isEqualTo(0x77665544);
        assertThat(chain.write(lease, dirty, 2, bytes, 0, 16)).isEqualTo(6);
        assertThat(lease.getInt(DATA + 18)).isEqualTo(0x77665544);
        queue.push(lease, 3, 8);
        assertThat(lease.getInt(LAYOUT.usedEntry(0))).isEqualTo(3);
        assertThat(lease.getInt(LAYOUT.usedEntry(0) + 4)).isEqualTo(8);
        assertThat(lease.getShort(LAYOUT.usedIndex())).isEqualTo((short) 1);
    }

    @Test
    void shouldFollowAnIndirectTable() {
        descriptor(LAYOUT.descriptors(), 0, TABLES, 32, INDIRECT, 0);
        descriptor(TABLES, 0, DATA, 4, NEXT, 1);
        descriptor(TABLES, 1, DATA + 4, 4, WRITE, 0);
        offer(0, 0);
        assertThat(queue.pop(lease, chain)).isTrue();
        assertThat(chain.count()).isEqualTo(2);
        assertThat(chain.readableCount()).isEqualTo(1);
    }

    @Test
    void shouldAskForInterruptsOnlyAtTheIndexTheDriverNamed() {
        lease.putShort(LAYOUT.usedEvent(), (short) 1);
        queue.push(lease, 0, 0);
        assertThat(queue.wantsInterrupt(lease)).as("at 1 of 1").isFalse();
        queue.push(lease, 0, 0);
        assertThat(queue.wantsInterrupt(lease)).as("at 2 of 1").isTrue();
        assertThat(queue.wantsInterrupt(lease)).as("nothing new").isFalse();
        queue.push(lease, 0, 0);
        assertThat(queue.wantsInterrupt(lease)).as("passed already").isFalse();
    }

    @Test
    void shouldAskForInterruptsUntilTheIndexWrapsAround() {
        queue.goOnAt(0xffff, 0xffff);
        lease.putShort(LAYOUT.usedEvent(), (short) 0xffff);
        queue.push(lease, 0, 0);
        assertThat(queue.nextUsed()).isZero();
        assertThat(queue.wantsInterrupt(lease)).isTrue();
    }

    @Test
    void shouldHeedTheDriversFlagWithoutEventIndexes() {
        VirtQueue plain = queue(false);
        plain.push(lease, 0, 0);
        assertThat(plain.wantsInterrupt(lease)).isTrue();
        lease.putShort(LAYOUT.available(), (short) 1);
        plain.push(lease, 0, 0);
        assertThat(plain.wantsInterrupt(lease)).isFalse();
        plain.disarmNotification(lease);
        assertThat(lease.getShort(LAYOUT.used())).isEqualTo((short) 1);
        plain.armNotification(lease);
        assertThat(lease.getShort(LAYOUT.used())).isZero();
    }

    @Test
    void shouldFindARequestThatCameWhileItAskedToBeNotified() {
        assertThat(queue.armNotification(lease)).isFalse();
        offer(0, 0);
        assertThat(queue.armNotification(lease)).isTrue();
        assertThat(lease.getShort(LAYOUT.availableEvent())).isZero();
    }

    @Test
    void shouldRefuseALoop() {
        descriptor(LAYOUT.descriptors(), 0, DATA, 4, NEXT, 1);
        descriptor(LAYOUT.descriptors(), 1, DATA, 4, NEXT, 0);
        offer(0, 0);
        assertThatThrownBy(() -> queue.pop(lease, chain))
                .isInstanceOf(QueueFault.class)
                .hasMessage("test queue: a chain of more than 16 descriptors");
    }

    @Test
    void shouldNameWhatIsWrongWithADescriptor() {
        assertFault("head 16, accepted are 0 to 15", () -> offer(0, 16));
        assertFault("next descriptor 77, accepted are 0 to 15", () -> one(DATA, 4, NEXT, 77));
        assertFault("piece at 0x200000+1 is not RAM", () -> one(RAM_BYTES, 1, 0, 0));
        assertFault("piece at 0x1ffffc+5 is not RAM", () -> one(RAM_BYTES - 4, 5, WRITE, 0));
        assertFault("piece at 0xffffffffffffffff+4294967295 is not RAM", () -> one(-1, -1, 0, 0));
        assertFault("piece at 0x10000+0 is not RAM", () -> one(DATA, 0, 0, 0));
        assertFault("indirect descriptor with a next one", () -> one(TABLES, 16, INDIRECT | NEXT, 1));
        assertFault("indirect table of 24 bytes", () -> one(TABLES, 24, INDIRECT, 0));
        assertFault("indirect table of 272 bytes", () -> one(TABLES, 272, INDIRECT, 0));
        assertFault("indirect table at 0x200000+16 is not RAM", () -> one(RAM_BYTES, 16, INDIRECT, 0));
        assertFault("an indirect descriptor inside a chain", () -> {
            one(TABLES, 16, INDIRECT, 0);
            descriptor(TABLES, 0, TABLES, 16, INDIRECT, 0);
        });
        assertFault("a piece to read behind one to write", () -> {
            one(DATA, 4, WRITE | NEXT, 1);
            descriptor(LAYOUT.descriptors(), 1, DATA, 4, 0, 0);
        });
        assertFault(
                "available index 17 is 17 ahead, accepted are up to 16",
                () -> lease.putShortRelease(LAYOUT.availableIndex(), (short) 17));
    }

    private void one(long address, int length, int flags, int next) {
        descriptor(LAYOUT.descriptors(), 0, address, length, flags, next);
        offer(0, 0);
    }

    private void assertFault(String message, Runnable driver) {
        queue = queue(true);
        driver.run();
        assertThatThrownBy(() -> queue.pop(lease, chain))
                .isInstanceOf(QueueFault.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseRingsThatAreNotInRam() {
        assertThatThrownBy(() -> layout(new QueueLayout(SIZE, 0x1008, 0x2000, 0x3000)))
                .hasMessage("test queue: descriptor table at 0x1008, accepted are multiples of 16");
        assertThatThrownBy(() -> layout(new QueueLayout(SIZE, 0x1000, RAM_BYTES - 10, 0x3000)))
                .hasMessageContaining("available ring at 0x1ffff6+38 is not RAM");
        assertThatThrownBy(() -> layout(new QueueLayout(SIZE, 0x1000, 0x2000, -4)))
                .hasMessageContaining("used ring at 0xfffffffffffffffc");
        assertThatThrownBy(() -> layout(new QueueLayout(12, 0x1000, 0x2000, 0x3000)))
                .hasMessageContaining("size 12");
    }

    private void layout(QueueLayout layout) {
        new VirtQueue("test queue", layout, memory.layout(), dirty, true, true);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2026})
    void shouldSurviveAMillionHostileChains(long seed) {
        HostileRings rings = new HostileRings(lease, LAYOUT, RAM_BYTES, TABLES, new Random(seed));
        int faults = 0;
        int requests = 0;
        for (int i = 0; i < HOSTILE_ROUNDS / 2; i++) {
            rings.scramble(queue.nextAvailable(), 1 + i % SIZE);
            try {
                while (queue.pop(lease, chain)) {
                    assertInRam();
                    queue.push(lease, chain.head(), chain.writableBytes());
                    requests++;
                }
            } catch (QueueFault expected) {
                faults++;
                queue = queue(i % 2 == 0);
            }
        }
        assertThat(faults).as("faults with seed %d", seed).isGreaterThan(HOSTILE_ROUNDS / 10);
        assertThat(requests).as("requests with seed %d", seed).isGreaterThan(HOSTILE_ROUNDS / 10);
    }

    private void assertInRam() {
        int pieces = chain.count();
        if (pieces < 1 || pieces > SIZE || chain.readableCount() > pieces) {
            throw new AssertionError(pieces + " pieces");
        }
        for (int i = 0; i < pieces; i++) {
            if (chain.length(i) < 1 || !memory.layout().contains(chain.address(i), chain.length(i))) {
                throw new AssertionError("piece at " + chain.address(i) + "+" + chain.length(i));
            }
        }
    }

    @Test
    void shouldSurviveADriverThatRewritesEverythingWhileItIsRead() throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger taken = new AtomicInteger();
        Thread racing = new Thread(() -> {
            try (GuestMemory.Lease own = memory.lease()) {
                HostileRings rings = new HostileRings(own, LAYOUT, RAM_BYTES, TABLES, new Random(5));
                while (!over.get()) {
                    rings.disturb(taken.get());
                }
            }
        });
        racing.start();
        HostileRings rings = new HostileRings(lease, LAYOUT, RAM_BYTES, TABLES, new Random(6));
        int faults = 0;
        try {
            for (int i = 0; i < RACING_ROUNDS; i++) {
                taken.set(queue.nextAvailable());
                if (i % 16 == 0) {
                    rings.scramble(queue.nextAvailable(), 4);
                }
                try {
                    for (int j = 0; j < SIZE && queue.pop(lease, chain); j++) {
                        assertInRam();
                        queue.push(lease, chain.head(), 1);
                    }
                } catch (QueueFault expected) {
                    faults++;
                    queue = queue(true);
                }
            }
        } finally {
            over.set(true);
            racing.join();
        }
        assertThat(faults).isPositive();
    }
}
