package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSink;
import io.godwit.transport.PageSource;
import io.godwit.transport.RoundSent;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Prints what lanes carry over loopback, and whose threads it costs. The floor is low, machines that build are busy;
 * run it alone, with {@code -Dgodwit.throughput.mib=1024 -Dgodwit.throughput.repeats=5 -Dgodwit.throughput.lanes=1},
 * for figures.
 */
@Timeout(120)
class ThroughputTest {
    private static final int MIB = Integer.getInteger("godwit.throughput.mib", 128);
    private static final int REPEATS = Integer.getInteger("godwit.throughput.repeats", 2);
    private static final int TERM = Integer.getInteger("godwit.throughput.term", 0);
    private static final int LANES = Integer.getInteger("godwit.throughput.lanes", 2);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double FLOOR_BYTES_PER_SECOND = 20e6;

    private Map<String, Long> cpuBefore = Map.of();

    @Test
    void shouldCarryIncompressiblePagesOverLoopback() throws Exception {
        final ActorSystem system = ActorSystem.create("throughput");
        final FlatMemory source = new FlatMemory(MIB << 20);
        final FlatMemory target = new FlatMemory(MIB << 20);
        source.fillIncompressible();
        target.bytes.setMemory(0, MIB << 20, (byte) 1);
        try (TestHost a = new TestHost();
                TestHost b = new TestHost()) {
            await(a.transport.rehearse(Duration.ofMillis(500), Materializer.matFromSystem(system)));
            for (int repeat = 0; repeat < REPEATS; repeat++) {
                assertThat(run(system, a, b, source, target)).isGreaterThan(FLOOR_BYTES_PER_SECOND);
            }
            assertThat(source.sameAs(target)).isTrue();
        } finally {
            system.terminate();
            source.free();
            target.free();
        }
    }

    private double run(
            final ActorSystem system,
            final TestHost a,
            final TestHost b,
            final FlatMemory source,
            final FlatMemory target)
            throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        final long processBefore = processCpuNs();
        final long openedNs = System.nanoTime();
        try (IncomingStream in = b.transport.openIncoming(incoming(id), target, listener);
                OutgoingStream out = a.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints()))
                                .withTermLength(incoming(id).termLengthBytes()),
                        source)) {
            await(out.connected());
            final long connectedNs = System.nanoTime();
            final RoundSent sent = await(Source.from(ranges()).runWith(out.round(0), system));
            final String shares = cpuShares((double) MIB * (1 << 20));
            await(out.end());
            await(listener.end);
            final long endNs = System.nanoTime();
            final double seconds = (endNs - connectedNs) / 1e9;
            final double bytes = (double) MIB * (1 << 20);
            System.out.printf(
                    "%s, %d lane(s): %d MiB in %.3f s: %.0f MB/s, CPU %.2f s/GB (both ends: %s), connected in %.1f ms, "
                            + "back-pressured %.0f ms, %d frames%n",
                    System.getProperty("java.version"),
                    LANES,
                    MIB,
                    seconds,
                    bytes / seconds / 1e6,
                    (processCpuNs() - processBefore) / bytes,
                    shares,
                    (connectedNs - openedNs) / 1e6,
                    sent.backPressureNs() / 1e6,
                    out.counters().frames());
            await(out.closed());
            await(in.closed());
            return bytes / seconds;
        }
    }

    private static List<PageRange> ranges() {
        final int pagesPerRange = 256;
        final List<PageRange> ranges = new ArrayList<>();
        for (int page = 0; page < MIB * 256; page += pagesPerRange) {
            ranges.add(new PageRange((long) page * PageRange.PAGE_SIZE, pagesPerRange));
        }
        return ranges;
    }

    private static IncomingSettings incoming(final UUID id) {
        final IncomingSettings settings = IncomingSettings.on(id, "127.0.0.1").withLanes(LANES);
        return TERM == 0 ? settings : settings.withTermLength(TERM);
    }

    /** CPU of this stream's lanes, and of the drivers since the last call, in s/GB. */
    private String cpuShares(final double bytes) {
        final Map<String, Long> now = new TreeMap<>();
        Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("godwit-"))
                .forEach(thread -> now.put(thread.getName(), THREADS.getThreadCpuTime(thread.getId())));
        final String shares = now.entrySet().stream()
                .map(entry -> String.format(
                        "%s %.2f",
                        entry.getKey().replaceAll("godwit-|-[0-9a-f]{8}|@.*", ""),
                        (entry.getValue() - cpuBefore.getOrDefault(entry.getKey(), 0L)) / bytes))
                .collect(Collectors.joining(", "));
        cpuBefore = now;
        return shares;
    }

    private static long processCpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static final class FlatMemory implements PageSource, PageSink {
        final UnsafeBuffer bytes;
        private final long address;

        FlatMemory(final int length) {
            address = UnsafeApi.allocateMemory(length);
            bytes = new UnsafeBuffer(address, length);
        }

        void fillIncompressible() {
            long x = 0x9E37_79B9_7F4A_7C15L;
            for (int at = 0; at < bytes.capacity(); at += Long.BYTES) {
                x ^= x << 13;
                x ^= x >>> 7;
                x ^= x << 17;
                bytes.putLong(at, x);
            }
        }

        boolean sameAs(final FlatMemory other) {
            return bytes.compareTo(other.bytes) == 0;
        }

        void free() {
            UnsafeApi.freeMemory(address);
        }

        @Override
        public void read(
                final long guestAddress, final MutableDirectBuffer target, final int offset, final int length) {
            target.putBytes(offset, bytes, (int) guestAddress, length);
        }

        @Override
        public boolean isZero(final long guestAddress, final int length) {
            for (int at = (int) guestAddress; at < (int) guestAddress + length; at += Long.BYTES) {
                if (bytes.getLong(at) != 0) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean contains(final long guestAddress, final long lengthBytes) {
            return guestAddress >= 0 && lengthBytes <= bytes.capacity() - guestAddress;
        }

        @Override
        public void write(final long guestAddress, final DirectBuffer source, final int offset, final int length) {
            bytes.putBytes((int) guestAddress, source, offset, length);
        }

        @Override
        public void zero(final long guestAddress, final long lengthBytes) {
            bytes.setMemory((int) guestAddress, (int) lengthBytes, (byte) 0);
        }
    }
}
