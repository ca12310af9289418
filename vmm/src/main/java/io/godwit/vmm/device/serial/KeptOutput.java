package io.godwit.vmm.device.serial;

import io.godwit.vmm.SerialLog;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last {@value #CAPACITY_BYTES} bytes of output in a ring, with the stream position of every byte. */
public final class KeptOutput implements SerialLog {
    public static final int CAPACITY_BYTES = 256 << 10;
    private static final int INITIAL_BYTES = 4 << 10;
    private static final Logger LOG = LoggerFactory.getLogger(KeptOutput.class);

    /** Grows up to the capacity with the first output, so that a silent guest costs little. */
    private byte[] ring = new byte[INITIAL_BYTES];

    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    /** Of the byte that is written next; the byte at position p is at {@code ring[p % CAPACITY_BYTES]}. */
    private long position;

    private long oldest;

    /** Appends, then tells the listeners, in the order of the stream. */
    public synchronized void append(byte[] bytes, int offset, int length) {
        makeRoom(position + length);
        for (int i = 0; i < length; i++) {
            ring[(int) ((position + i) % CAPACITY_BYTES)] = bytes[offset + i];
        }
        long start = position;
        position += length;
        oldest = Math.max(oldest, position - CAPACITY_BYTES);
        if (!subscriptions.isEmpty()) {
            Chunk chunk = new Chunk(start, Arrays.copyOfRange(bytes, offset, offset + length));
            subscriptions.forEach(subscription -> subscription.tell(chunk));
        }
    }

    /** Until the stream reaches the capacity, a byte's position is its index. */
    private void makeRoom(long end) {
        if (end > ring.length && ring.length < CAPACITY_BYTES) {
            long wanted = Math.max(end, 2L * ring.length);
            ring = Arrays.copyOf(ring, (int) Math.min(wanted, CAPACITY_BYTES));
        }
    }

    @Override
    public synchronized Chunk read(long from, int maxBytes) {
        if (from < 0 || maxBytes < 0) {
            throw new IllegalArgumentException("serial log read from " + from + " of at most " + maxBytes + " bytes");
        }
        long start = Math.min(Math.max(from, oldest), position);
        int length = (int) Math.min(maxBytes, position - start);
        return new Chunk(start, copy(start, length));
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public AutoCloseable subscribe(Consumer<Chunk> listener) {
        Subscription subscription = new Subscription(listener);
        subscriptions.add(subscription);
        return subscription;
    }

    synchronized void save(StateWriter writer) {
        writer.u64(position).bytes(copy(oldest, (int) (position - oldest)));
    }

    /** Reads and checks what {@link #save} wrote; {@link Saved#apply} takes it over. */
    static Saved read(StateReader reader) {
        long position = reader.u64("output position");
        byte[] kept = reader.bytes("kept output", CAPACITY_BYTES);
        if (position < kept.length) {
            throw reader.refused("output position is " + position + " with " + kept.length + " bytes kept");
        }
        return new Saved(position, kept);
    }

    private byte[] copy(long start, int length) {
        byte[] bytes = new byte[length];
        int at = (int) (start % CAPACITY_BYTES);
        int first = Math.min(length, CAPACITY_BYTES - at);
        System.arraycopy(ring, at, bytes, 0, first);
        System.arraycopy(ring, 0, bytes, first, length - first);
        return bytes;
    }

    /** One listener; an object of its own, so that the same listener can subscribe twice. */
    private final class Subscription implements AutoCloseable {
        private final Consumer<Chunk> listener;

        Subscription(Consumer<Chunk> listener) {
            this.listener = listener;
        }

        void tell(Chunk chunk) {
            try {
                listener.accept(chunk);
            } catch (RuntimeException e) {
                LOG.warn("a listener to serial output failed at position {}", chunk.position(), e);
            }
        }

        @Override
        public void close() {
            subscriptions.remove(this);
        }
    }

    /** A checked state that was not taken over yet. */
    @SuppressWarnings("ArrayRecordComponent")
    record Saved(long position, byte[] kept) {
        void apply(KeptOutput output) {
            synchronized (output) {
                output.oldest = position - kept.length;
                output.position = position;
                output.makeRoom(position);
                for (int i = 0; i < kept.length; i++) {
                    output.ring[(int) ((output.oldest + i) % CAPACITY_BYTES)] = kept[i];
                }
            }
        }
    }
}
