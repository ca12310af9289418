package io.godwit.kvm.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.linux.Memfd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HugePagesTest {
    /** At whatever cost: a host that is itself a guest may have given its large pieces away. */
    private static final HugePageBudget NO_LIMIT = new HugePageBudget(Long.MAX_VALUE / 2);

    @Test
    void shouldKeepWhatIsThereWhenHugePagesComeBehindIt() {
        long sizeBytes = (18L << 20) + (1 << 20);
        try (FileDescriptor file = Memfd.createSealed("godwit:huge", sizeBytes);
                Mapping mapping = Mapping.ofSharedAligned("huge", file, sizeBytes)) {
            HugePages pages = new HugePages("huge", mapping, NO_LIMIT);
            UnsafeBuffer memory = mapping.view(0, (int) sizeBytes);
            for (int at = 0; at < sizeBytes; at += 3 << 20) {
                memory.putLong(at + 64, at + 1);
            }
            memory.putLong((int) sizeBytes - 8, 99);

            boolean first = pages.areBehind(4096, 4096);
            assumeTrue(first, "skipped: this kernel collapses no shared memory (Linux 6.1 does)");
            assertThat(pages.areBehind((16L << 20) - 4096, 8192)).isTrue();
            assertThat(pages.areBehind(sizeBytes - 4096, 4096)).isTrue();

            assertThat(hugeKiB("godwit:huge")).isEqualTo(18 << 10);
            for (int at = 0; at < sizeBytes; at += 8) {
                long expected = at % (3 << 20) == 64 ? at - 63 : at == sizeBytes - 8 ? 99 : 0;
                if (memory.getLong(at) != expected) {
                    assertThat(memory.getLong(at)).as("at %d", at).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void shouldAskNoMoreWhereItCostsMoreThanSmallPages() {
        long sizeBytes = 64L << 20;
        try (FileDescriptor file = Memfd.createSealed("godwit:dear", sizeBytes);
                Mapping mapping = Mapping.ofSharedAligned("dear", file, sizeBytes)) {
            HugePages pages = new HugePages("dear", mapping, new HugePageBudget(-1_000_000_000));
            assertThat(pages.areBehind(0, 4096)).isFalse();
            long asked = hugeKiB("godwit:dear");
            assertThat(asked).isLessThanOrEqualTo(2 << 10);
            assertThat(pages.areBehind(40L << 20, 4096)).isFalse();
            assertThat(hugeKiB("godwit:dear")).isEqualTo(asked);
        }
    }

    @Test
    void shouldRefuseARangeThatIsNoMemory() {
        try (GuestMemory memory = GuestMemory.create("godwit:small", GuestLayout.ofSize(1 << 20));
                GuestMemory.Lease lease = memory.lease()) {
            assertThat(lease.backWithHugePages(0, 1 << 20))
                    .as("smaller than a huge page")
                    .isFalse();
            assertThatThrownBy(() -> lease.backWithHugePages(1 << 20, 4096))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldLetMemoryBeFilledWhileOthersAskForHugePages() throws Exception {
        long sizeBytes = 64L << 20;
        int writers = 3;
        long stripeBytes = 1 << 20;
        try (GuestMemory memory = GuestMemory.create("godwit:filled", GuestLayout.ofSize(sizeBytes))) {
            List<Thread> threads = new ArrayList<>();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int writer = 0; writer < writers; writer++) {
                int mine = writer;
                Thread thread = new Thread(() -> {
                    UnsafeBuffer source = new UnsafeBuffer(ByteBuffer.allocateDirect(4096));
                    try (GuestMemory.Lease lease = memory.lease()) {
                        for (long at = mine * stripeBytes; at < sizeBytes; at += writers * stripeBytes) {
                            for (long page = at; page < Math.min(at + stripeBytes, sizeBytes); page += 4096) {
                                source.putLong(8, page);
                                if (mine > 0 || page % 8192 == 0) {
                                    lease.backWithHugePages(page, 4096);
                                }
                                lease.writeThroughFile(page, source, 0, 4096);
                            }
                        }
                    }
                });
                thread.setUncaughtExceptionHandler((dead, cause) -> failure.set(cause));
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
            try (GuestMemory.Lease lease = memory.lease()) {
                for (long page = 0; page < sizeBytes; page += 4096) {
                    assertThat(lease.getLong(page + 8)).isEqualTo(page);
                }
            }
        }
    }

    /** What of a memfd's mapping is huge pages: ShmemPmdMapped of proc(5)'s smaps. */
    private static long hugeKiB(String name) {
        try {
            boolean inside = false;
            long sum = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
                if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                    inside = line.contains("memfd:" + name);
                } else if (inside && line.startsWith("ShmemPmdMapped:")) {
                    sum += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            return sum;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
