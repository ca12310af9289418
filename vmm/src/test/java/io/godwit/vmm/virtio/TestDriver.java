package io.godwit.vmm.virtio;

import io.godwit.kvm.linux.EventFd;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import io.godwit.vmm.pci.MemoryWindow;
import io.godwit.vmm.pci.PciBus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A driver as a guest's would be: finds the function on the bus, negotiates, makes rings in guest memory, and waits for
 * answers. Queue {@code i} has its rings at {@code 0x10000 * (i + 1)}; requests are made from {@code 0x100000} on.
 */
public final class TestDriver implements AutoCloseable {
    public static final long MEMORY_BYTES = 16 << 20;

    private static final int CAPABILITIES = 0x34;
    private static final int VENDOR = 9;
    private static final long RINGS = 0x1_0000;
    private static final long REQUESTS = 0x10_0000;
    private static final long DEADLINE_NS = 10_000_000_000L;

    public final GuestMemory memory = GuestMemory.create("godwit:driver-test", GuestLayout.ofSize(MEMORY_BYTES));
    public final GuestMemory.Lease lease = memory.lease();
    public final HarvestedDirtyPages dirty = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
    public final AtomicInteger messages = new AtomicInteger();
    public final VirtioFunction function;

    private final PciBus bus = new PciBus();
    private final long registers;
    private final List<Queue> queues = new ArrayList<>();
    private long nextRequest = REQUESTS;

    /** A queue as its driver sees it. */
    private static final class Queue {
        final int size;
        final long base;
        int nextDescriptor;
        int available;
        int seen;

        Queue(int size, long base) {
            this.size = size;
            this.base = base;
        }

        long available() {
            return base + 16L * size;
        }

        long used() {
            return available() + 6 + 2L * size + 3 & -4;
        }
    }

    /** A piece of a request: bytes for the device, or room for its answer. */
    public record Piece(long address, int length, boolean toWrite) {}

    public TestDriver(VirtioDevice device) {
        Doorbells none = new Doorbells() {
            @Override
            public void attach(EventFd event, long guestAddress) {}

            @Override
            public void detach(EventFd event, long guestAddress) {}
        };
        function = new VirtioFunction(
                new MachineAccess("test", memory, dirty, (address, data) -> messages.incrementAndGet(), none), device);
        int number = bus.add(function.pci());
        function.resume().toCompletableFuture().join();
        registers = config(number, 0x10, 4) & -16L;
    }

    private long config(int device, int register, int size) {
        bus.write(0, 4, 0x8000_0000L | (long) device << 11 | register & 0xfc);
        return bus.read(4 + (register & 3), size);
    }

    /** Types of the vendor's capabilities, in their order. */
    public List<Integer> capabilities() {
        List<Integer> types = new ArrayList<>();
        for (int at = (int) config(1, CAPABILITIES, 1); at != 0; at = (int) config(1, at + 1, 1)) {
            if (config(1, at, 1) == VENDOR) {
                types.add((int) config(1, at + 3, 1));
            }
        }
        return types;
    }

    public long read(int offset, int size) {
        return bus.window().read(registers + offset - MemoryWindow.START, size);
    }

    public void write(int offset, int size, long value) {
        bus.window().write(registers + offset - MemoryWindow.START, size, value);
    }

    /** A field of the device's own. */
    public long field(int offset, int size) {
        return read(Layout.DEVICE + offset, size);
    }

    public int status() {
        return (int) read(20, 1);
    }

    public long offered() {
        write(0, 4, 0);
        long low = read(4, 4);
        write(0, 4, 1);
        return low | read(4, 4) << 32;
    }

    /** Negotiates and sets all queues up, of so many entries at most. */
    public TestDriver start(long features, int queueSize) {
        write(20, 1, DeviceStatus.ACKNOWLEDGE);
        write(20, 1, DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER);
        long accepted = features | VirtioFeatures.VERSION_1;
        write(8, 4, 0);
        write(12, 4, accepted & 0xffff_ffffL);
        write(8, 4, 1);
        write(12, 4, accepted >>> 32);
        int ready = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK;
        write(20, 1, ready);
        queues.clear();
        for (int i = 0; i < read(18, 2); i++) {
            setUp(i, queueSize);
        }
        write(20, 1, ready | DeviceStatus.DRIVER_OK);
        return this;
    }

    private void setUp(int index, int wanted) {
        write(22, 2, index);
        int size = (int) Math.min(wanted, read(24, 2));
        Queue queue = new Queue(size, RINGS * (index + 1));
        lease.zero(queue.base, RINGS);
        write(24, 2, size);
        write(26, 2, index);
        writeAddress(32, queue.base);
        writeAddress(40, queue.available());
        writeAddress(48, queue.used());
        write(28, 2, 1);
        queues.add(queue);
    }

    private void writeAddress(int offset, long address) {
        write(offset, 4, address & 0xffff_ffffL);
        write(offset + 4, 4, address >>> 32);
    }

    /** Guest memory for a piece, never given out again. */
    public long room(int bytes) {
        long address = nextRequest;
        nextRequest += bytes + 63 & -64;
        return address;
    }

    public Piece toRead(byte[] bytes) {
        long address = room(bytes.length);
        lease.write(address, new UnsafeBuffer(bytes), 0, bytes.length);
        return new Piece(address, bytes.length, false);
    }

    public Piece toWrite(int bytes) {
        return new Piece(room(bytes), bytes, true);
    }

    /** A page on a page's boundary. */
    public Piece pageToWrite() {
        nextRequest = nextRequest + 4095 & -4096;
        return new Piece(room(4096), 4096, true);
    }

    /** How many answers there are in all, seen or not; modulo 65536. */
    public int answered(int index) {
        return Short.toUnsignedInt(lease.getShortAcquire(queues.get(index).used() + 2));
    }

    public byte[] bytes(Piece piece) {
        byte[] bytes = new byte[piece.length];
        lease.read(piece.address, new UnsafeBuffer(bytes), 0, bytes.length);
        return bytes;
    }

    public String text(Piece piece) {
        return new String(bytes(piece), StandardCharsets.US_ASCII);
    }

    /** Makes a request of these pieces available, without telling; returns its head. */
    public int offer(int index, Piece... pieces) {
        Queue queue = queues.get(index);
        int head = queue.nextDescriptor;
        for (int i = 0; i < pieces.length; i++) {
            int number = queue.nextDescriptor;
            queue.nextDescriptor = (number + 1) % queue.size;
            int next = i + 1 < pieces.length ? queue.nextDescriptor : 0;
            int flags = (i + 1 < pieces.length ? 1 : 0) | (pieces[i].toWrite ? 2 : 0);
            descriptor(index, number, pieces[i].address, pieces[i].length, flags, next);
        }
        publish(index, head);
        return head;
    }

    /** Writes a descriptor as it is told. */
    public void descriptor(int index, int number, long address, int length, int flags, int next) {
        long at = queues.get(index).base + 16L * number;
        lease.putLong(at, address);
        lease.putInt(at + 8, length);
        lease.putShort(at + 12, (short) flags);
        lease.putShort(at + 14, (short) next);
    }

    /** Makes a head available. */
    public void publish(int index, int head) {
        Queue queue = queues.get(index);
        lease.putShort(queue.available() + 4 + 2L * (queue.available % queue.size), (short) head);
        queue.available = (queue.available + 1) & 0xffff;
        lease.putShortRelease(queue.available() + 2, (short) queue.available);
    }

    public void publishIndex(int index, int available) {
        lease.putShortRelease(queues.get(index).available() + 2, (short) available);
    }

    public void ring(int index) {
        write(Layout.NOTIFY + Layout.NOTIFY_STEP_BYTES * index, 2, index);
    }

    /** Waits for the next answer; returns how many bytes the device says it wrote. */
    public int answer(int index) {
        Queue queue = queues.get(index);
        await(() -> Short.toUnsignedInt(lease.getShortAcquire(queue.used() + 2)) != queue.seen, "an answer");
        long entry = queue.used() + 4 + 8L * (queue.seen % queue.size);
        queue.seen = (queue.seen + 1) & 0xffff;
        return lease.getInt(entry + 4);
    }

    /** One request, served. */
    public int request(int index, Piece... pieces) {
        offer(index, pieces);
        ring(index);
        return answer(index);
    }

    public static void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(what + " did not come within 10 s");
            }
            Thread.onSpinWait();
        }
    }

    public void awaitFault() {
        await(() -> (status() & DeviceStatus.NEEDS_RESET) != 0, "the device's giving up");
    }

    public void reset() {
        write(20, 1, 0);
        await(() -> status() == 0, "the end of the reset");
    }

    @Override
    public void close() {
        function.close();
        dirty.close();
        lease.close();
        memory.close();
    }
}
