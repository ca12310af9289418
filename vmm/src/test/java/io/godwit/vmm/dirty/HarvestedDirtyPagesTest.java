package io.godwit.vmm.dirty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.DirtyPages;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HarvestedDirtyPagesTest {
    private static final GuestLayout LAYOUT = GuestLayout.ofSize(16 << 20);

    /** A log whose next harvest the test decides. */
    private static final class FakeLog implements DirtySource {
        final List<String> calls = new ArrayList<>();
        final List<Long> written = new ArrayList<>();

        @Override
        public void enable() {
            calls.add("enable");
        }

        @Override
        public void disable() {
            calls.add("disable");
        }

        @Override
        public void harvest(PageBitmap into) {
            written.forEach(into::set);
            written.clear();
        }
    }

    private final FakeLog log = new FakeLog();
    private final HarvestedDirtyPages dirty = new HarvestedDirtyPages(LAYOUT, log);

    private static List<Long> drain(DirtyPages.View view) {
        PageBitmap into = new PageBitmap(LAYOUT.pageCount());
        long moved = view.drainTo(into);
        assertThat(moved).isEqualTo(into.cardinality());
        List<Long> pages = new ArrayList<>();
        for (long page = into.nextSet(0); page >= 0; page = into.nextSet(page + 1)) {
            pages.add(page);
        }
        return pages;
    }

    @Test
    void shouldShowEveryPageToAFreshView() {
        try (DirtyPages.View view = dirty.open()) {
            assertThat(drain(view)).hasSize((int) LAYOUT.pageCount());
            assertThat(drain(view)).isEmpty();
        }
    }

    @Test
    void shouldOrTheLogWithTheMarks() {
        try (DirtyPages.View view = dirty.open()) {
            drain(view);
            log.written.add(5L);
            dirty.mark(0x3fff, 2);
            dirty.mark(0x7000, 0);
            assertThat(drain(view)).containsExactly(3L, 4L, 5L);
        }
    }

    @Test
    void shouldMarkRangesOfManyWords() {
        try (DirtyPages.View view = dirty.open()) {
            drain(view);
            dirty.mark(60L << 12, 200L << 12);
            List<Long> pages = drain(view);
            assertThat(pages).hasSize(200).startsWith(60L).endsWith(259L);
        }
    }

    @Test
    void shouldFanEveryHarvestOutToAllViews() {
        try (DirtyPages.View migration = dirty.open();
                DirtyPages.View rate = dirty.open()) {
            drain(migration);
            log.written.add(7L);
            assertThat(drain(migration)).containsExactly(7L);
            log.written.add(8L);
            assertThat(drain(migration)).containsExactly(8L);
            drain(rate);
            log.written.add(9L);
            assertThat(drain(rate)).containsExactly(9L);
            assertThat(drain(migration)).containsExactly(9L);
        }
    }

    @Test
    void shouldLogWhileAnyViewIsOpen() {
        DirtyPages.View first = dirty.open();
        DirtyPages.View second = dirty.open();
        first.close();
        first.close();
        assertThat(log.calls).containsExactly("enable");
        second.close();
        assertThat(log.calls).containsExactly("enable", "disable");
        assertThatThrownBy(() -> first.drainTo(new PageBitmap(LAYOUT.pageCount())))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldLeaveTheLogAloneOnceClosed() {
        DirtyPages.View view = dirty.open();
        dirty.close();
        dirty.close();
        assertThat(log.calls).containsExactly("enable", "disable");
        assertThatThrownBy(() -> view.drainTo(new PageBitmap(LAYOUT.pageCount())))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(dirty::open).isInstanceOf(IllegalStateException.class);
        view.close();
        dirty.mark(0, 1);
        assertThat(log.calls).hasSize(2);
    }

    @Test
    void shouldRefuseMarksOutsideRam() {
        assertThatThrownBy(() -> dirty.mark(16 << 20, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> dirty.mark((16 << 20) - 1, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    /**
     * Each writer raises a page's counter, then marks it. The reader drains and then notes the counters of the pages
     * it got. A counter that is higher at the end than what was noted last is a mark that was lost.
     */
    @Test
    @Timeout(60)
    void shouldLoseNoMarkThatRacesWithAHarvest() throws Exception {
        int pages = 130;
        int writers = 3;
        int rounds = 300_000;
        AtomicLongArray content = new AtomicLongArray(pages);
        long[] seen = new long[pages];
        CountDownLatch running = new CountDownLatch(writers);
        List<Thread> threads = new ArrayList<>();
        try (DirtyPages.View view = dirty.open()) {
            drain(view);
            for (int w = 0; w < writers; w++) {
                int step = w * 7 + 1;
                Thread thread = new Thread(() -> {
                    for (int i = 0; i < rounds; i++) {
                        int page = (int) ((long) i * step % pages);
                        content.getAndIncrement(page);
                        dirty.mark((long) page << 12, 1);
                    }
                    running.countDown();
                });
                threads.add(thread);
                thread.start();
            }
            long harvests = 0;
            boolean last;
            do {
                last = running.getCount() == 0;
                for (long page : drain(view)) {
                    seen[(int) page] = content.get((int) page);
                }
                harvests++;
            } while (!last);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(harvests).isGreaterThan(10);
        }
        for (int page = 0; page < pages; page++) {
            assertThat(seen[page]).as("page %d", page).isEqualTo(content.get(page));
        }
    }
}
