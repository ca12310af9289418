package io.godwit.kvm.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.linux.FileDescriptor;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GuestMemoryTest {
    private static final long MIB = 1L << 20;
    private static final GuestLayout SMALL = GuestLayout.ofSize(4 * MIB);

    @Test
    void shouldKeepWhatIsWrittenAcrossTheWholeLayoutIncludingBehindTheHole() {
        GuestLayout layout = GuestLayout.ofSize(GuestLayout.HOLE_START + 64 * MIB);
        try (GuestMemory memory = GuestMemory.create("godwit:behind-the-hole", layout);
                GuestMemory.Lease lease = memory.lease()) {
            long lastLow = GuestLayout.HOLE_START - 8;
            long lastHigh = GuestLayout.HOLE_END + 64 * MIB - 8;
            lease.putLong(0, 1);
            lease.putLong(lastLow, 2);
            lease.putLong(GuestLayout.HOLE_END, 3);
            lease.putLong(lastHigh, 4);
            assertThat(new long[] {
                        lease.getLong(0),
                        lease.getLong(lastLow),
                        lease.getLong(GuestLayout.HOLE_END),
                        lease.getLong(lastHigh)
                    })
                    .containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void shouldRefuseEveryAccessThatLeavesRam() {
        GuestLayout layout = GuestLayout.ofSize(GuestLayout.HOLE_START + 2 * MIB);
        try (GuestMemory memory = GuestMemory.create("godwit:bounds", layout);
                GuestMemory.Lease lease = memory.lease()) {
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[8192]);
            for (long outside : new long[] {
                GuestLayout.HOLE_START - 7,
                GuestLayout.HOLE_START,
                GuestLayout.HOLE_END - 4,
                GuestLayout.HOLE_END + 2 * MIB - 7,
                -1,
                -8,
                Long.MIN_VALUE,
                Long.MAX_VALUE
            }) {
                assertThatThrownBy(() -> lease.getLong(outside)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> lease.putLong(outside, 1)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> lease.read(outside, buffer, 0, 8))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> lease.isZero(outside, 8)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> lease.zero(outside, 8)).isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> lease.read(0, buffer, 8000, 193)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> lease.write(0, buffer, -1, 8)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> lease.isZero(0, GuestMemory.MAX_ACCESS_BYTES + 1))
                    .hasMessageContaining("accepted are 0 to 1048576");
            assertThatThrownBy(() -> lease.getShortAcquire(1)).hasMessageContaining("not aligned");
        }
    }

    @Test
    void shouldCopyToAndFromHeapAndDirectBuffersAtOddOffsets() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (GuestMemory memory = GuestMemory.create("godwit:copies", SMALL);
                GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < 200; i++) {
                byte[] bytes = new byte[1 + random.nextInt(9000)];
                random.nextBytes(bytes);
                long address = random.nextInt((int) SMALL.sizeBytes() - bytes.length);
                lease.write(address, new UnsafeBuffer(bytes), 0, bytes.length);
                UnsafeBuffer direct = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(bytes.length + 7));
                lease.read(address, direct, 7, bytes.length);
                byte[] seen = new byte[bytes.length];
                direct.getBytes(7, seen);
                assertThat(seen).isEqualTo(bytes);
            }
        }
    }

    @Test
    void shouldFindASingleNonZeroByteWhereverItIs() {
        try (GuestMemory memory = GuestMemory.create("godwit:zero-scan", SMALL);
                GuestMemory.Lease lease = memory.lease()) {
            assertThat(lease.isZero(0, GuestMemory.MAX_ACCESS_BYTES)).isTrue();
            for (int length : new int[] {1, 31, 32, 33, 100, 4096}) {
                for (int at = 0; at < length; at += Math.max(1, length / 50)) {
                    lease.putByte(4096 + at, (byte) 0x80);
                    assertThat(lease.isZero(4096, length))
                            .as("byte %d of %d", at, length)
                            .isFalse();
                    lease.putByte(4096 + at, (byte) 0);
                    assertThat(lease.isZero(4096, length)).isTrue();
                }
            }
        }
    }

    @Test
    void shouldClearExactlyTheRangeAndGiveLargeRangesBackToTheHost() throws Exception {
        try (GuestMemory memory = GuestMemory.create("godwit:clear", SMALL);
                GuestMemory.Lease lease = memory.lease()) {
            UnsafeBuffer ones = new UnsafeBuffer(new byte[GuestMemory.MAX_ACCESS_BYTES]);
            ones.setMemory(0, ones.capacity(), (byte) 0xff);
            for (long length : new long[] {1, 4095, 65535, 65536, 70001, MIB + 5}) {
                for (int i = 0; i < 4; i++) {
                    lease.write(i * MIB, ones, 0, ones.capacity());
                }
                long from = 4096 * 3 + 77;
                lease.zero(from, length);
                assertThat(lease.getByte(from - 1)).isEqualTo((byte) 0xff);
                assertThat(lease.getByte(from + length)).isEqualTo((byte) 0xff);
                for (long at = 0; at < length; at += MIB) {
                    assertThat(lease.isZero(from + at, (int) Math.min(MIB, length - at)))
                            .isTrue();
                }
            }
            lease.zero(0, SMALL.sizeBytes());
            Path file = Path.of("/proc/self/fd/" + memory.file().number());
            assertThat((long) Files.getAttribute(file, "unix:size")).isEqualTo(SMALL.sizeBytes());
            assertThat(lease.isZero(0, GuestMemory.MAX_ACCESS_BYTES)).isTrue();
        }
    }

    @Test
    void shouldNameTheMemfdAsTold() throws Exception {
        try (GuestMemory memory = GuestMemory.create("godwit:web-1", SMALL)) {
            assertThat(Files.readSymbolicLink(
                                    Path.of("/proc/self/fd/" + memory.file().number()))
                            .toString())
                    .isEqualTo("/memfd:godwit:web-1 (deleted)");
        }
        assertThatThrownBy(() -> GuestMemory.create("x".repeat(250), SMALL))
                .hasMessageContaining("memfd name of 250 bytes");
    }

    @Test
    void shouldNotBeTruncatable() throws Exception {
        try (GuestMemory memory = GuestMemory.create("godwit:sealed", SMALL);
                RandomAccessFile other =
                        new RandomAccessFile("/proc/self/fd/" + memory.file().number(), "rw")) {
            assertThatThrownBy(() -> other.setLength(4096)).hasMessageContaining("not permitted");
            assertThatThrownBy(() -> other.setLength(8 * MIB)).hasMessageContaining("not permitted");
        }
    }

    @Test
    void shouldAdoptTheMemoryOfAnotherOwner() {
        try (GuestMemory first = GuestMemory.create("godwit:handed-over", SMALL);
                GuestMemory second = GuestMemory.adopt(reopen(first), SMALL);
                GuestMemory.Lease writer = first.lease();
                GuestMemory.Lease reader = second.lease()) {
            writer.putLong(0x1230, 0x1122334455667788L);
            assertThat(reader.getLong(0x1230)).isEqualTo(0x1122334455667788L);
        }
    }

    @Test
    void shouldRefuseAMemfdOfAnotherSizeByName() {
        try (GuestMemory memory = GuestMemory.create("godwit:too-small", SMALL);
                FileDescriptor file = reopen(memory)) {
            assertThatThrownBy(() -> GuestMemory.adopt(file, GuestLayout.ofSize(8 * MIB)))
                    .hasMessageContaining("godwit:too-small")
                    .hasMessageContaining("has 4194304 bytes, but 8388608 are needed");
        }
    }

    @Test
    void shouldRefuseATruncatedMemfd() {
        // Not sealed, as a careless peer would send it: it is shorter than the layout, or could become so.
        try (FileDescriptor unsealed = io.godwit.kvm.linux.TestFiles.unsealedMemfd("godwit:unsealed", MIB)) {
            assertThatThrownBy(() -> GuestMemory.adopt(unsealed, SMALL))
                    .hasMessageContaining("godwit:unsealed")
                    .hasMessageContaining("SHRINK");
            assertThatThrownBy(() -> GuestMemory.adopt(unsealed, GuestLayout.ofSize(MIB)))
                    .hasMessageContaining("has seals 0");
        }
    }

    @Test
    void shouldRefuseAFileThatIsNoMemfd() {
        try (FileDescriptor file = FileDescriptor.open("/dev/null")) {
            assertThatThrownBy(() -> GuestMemory.adopt(file, SMALL)).hasMessageContaining("/dev/null is not a memfd");
        }
    }

    @Test
    void shouldRefuseLeasesAfterCloseAndAccessesAfterReturn() {
        GuestMemory memory = GuestMemory.create("godwit:closed", SMALL);
        GuestMemory.Lease lease = memory.lease();
        lease.close();
        lease.close();
        assertThat(memory.leasesOut()).isZero();
        assertThatThrownBy(() -> lease.getLong(0)).hasMessageContaining("was returned");
        memory.close();
        memory.close();
        assertThatThrownBy(memory::lease).hasMessageContaining("godwit:closed is closed");
    }

    @Test
    void shouldWaitForALeaseBeforeUnmapping() throws Exception {
        GuestMemory memory = GuestMemory.create("godwit:waits", SMALL);
        CountDownLatch leased = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread user = new Thread(() -> {
            try (GuestMemory.Lease lease = memory.lease()) {
                leased.countDown();
                mayReturn.await();
                lease.putLong(0, 1);
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        user.start();
        leased.await();
        Thread closer = new Thread(memory::close);
        closer.start();
        org.awaitility.Awaitility.await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
        assertThatThrownBy(memory::lease).hasMessageContaining("is closed");
        long before = System.nanoTime();
        mayReturn.countDown();
        closer.join(4_000);
        assertThat(closer.isAlive()).isFalse();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before)).isLessThan(4_000);
        user.join();
        assertThat(failure.get()).isNull();
    }

    @Test
    void shouldLeakLoudlyInsteadOfUnmappingUnderALease() {
        GuestMemory memory = GuestMemory.create("godwit:leaks", SMALL);
        GuestMemory.Lease lease = memory.lease();
        lease.putLong(8, 42);
        long start = System.nanoTime();
        memory.close();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(4_900L, 15_000L);
        assertThat(lease.getLong(8)).isEqualTo(42);
        assertThat(mappingsNamed("godwit:leaks")).isEqualTo(1);
        lease.close();
    }

    @Test
    void shouldUnmapAndCloseWhenClosed() {
        GuestMemory memory = GuestMemory.create("godwit:gone", SMALL);
        assertThat(mappingsNamed("godwit:gone")).isEqualTo(1);
        memory.close();
        assertThat(mappingsNamed("godwit:gone")).isZero();
    }

    private static FileDescriptor reopen(GuestMemory memory) {
        return FileDescriptor.open("/proc/self/fd/" + memory.file().number());
    }

    private static long mappingsNamed(String name) {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:" + name)).count();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void shouldWriteThroughTheFileWhatTheMappingShows() {
        long sizeBytes = 16L << 20;
        try (GuestMemory memory = GuestMemory.create("godwit:test", GuestLayout.ofSize(sizeBytes));
                GuestMemory.Lease lease = memory.lease()) {
            org.agrona.concurrent.UnsafeBuffer source =
                    new org.agrona.concurrent.UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(3 * 4096));
            for (int i = 0; i < source.capacity(); i += 8) {
                source.putLong(i, i * 31L + 7);
            }
            lease.writeThroughFile(8192, source, 4096, 2 * 4096);
            for (int i = 0; i < 2 * 4096; i += 8) {
                assertThat(lease.getLong(8192 + i)).isEqualTo(source.getLong(4096 + i));
            }
            assertThat(lease.getLong(4096)).isZero();
            assertThat(lease.getLong(4 * 4096)).isZero();
            assertThatThrownBy(() -> lease.writeThroughFile(sizeBytes - 4096, source, 0, 2 * 4096))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> lease.writeThroughFile(0, source, 2 * 4096, 2 * 4096))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
