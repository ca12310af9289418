package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.transport.PageRange;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PageRangesTest {
    /** 300 pages at 0, 64 at 2 MiB, directly one after the other in the memfd. */
    private static final GuestLayout LAYOUT = new GuestLayout(
            List.of(new GuestRegion(0, 300 * 4096, 0), new GuestRegion(2 << 20, 64 * 4096, 300 * 4096)));

    @Test
    void shouldCutRangesAtTheirLongestAndAtRegionEnds() {
        PageBitmap pages = new PageBitmap(LAYOUT.pageCount());
        pages.setAll();
        PageRanges ranges = new PageRanges(pages, LAYOUT);
        assertThat(ranges)
                .toIterable()
                .containsExactly(new PageRange(0, 256), new PageRange(256 * 4096, 44), new PageRange(2 << 20, 64));
        assertThatThrownBy(ranges::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void shouldHaveNothingToSayAboutAnEmptySet() {
        assertThat(new PageRanges(new PageBitmap(LAYOUT.pageCount()), LAYOUT)).isExhausted();
    }

    @Test
    void shouldCoverExactlyThePagesThatAreSet() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int attempt = 0; attempt < 500; attempt++) {
            PageBitmap pages = new PageBitmap(LAYOUT.pageCount());
            double density = random.nextDouble();
            for (long page = 0; page < LAYOUT.pageCount(); page++) {
                if (random.nextDouble() < density) {
                    pages.set(page);
                }
            }
            PageBitmap covered = new PageBitmap(LAYOUT.pageCount());
            PageRanges ranges = new PageRanges(pages, LAYOUT);
            while (ranges.hasNext()) {
                PageRange range = ranges.next();
                assertThat(LAYOUT.contains(range.guestAddress(), range.lengthBytes()))
                        .isTrue();
                long first = LAYOUT.pageIndex(range.guestAddress());
                for (long page = first; page < first + range.pageCount(); page++) {
                    assertThat(pages.get(page) && !covered.get(page))
                            .as("seed %d, page %d", seed, page)
                            .isTrue();
                    covered.set(page);
                }
            }
            assertThat(covered.cardinality()).as("seed %d", seed).isEqualTo(pages.cardinality());
        }
    }

    @Test
    void shouldKeepWhatAnEarlyEndLeavesOut() {
        GuestLayout layout = GuestLayout.ofSize(16L << 20);
        PageBitmap pages = new PageBitmap(layout.pageCount());
        pages.setAll();
        boolean[] cut = {false};
        PageRanges ranges = new PageRanges(pages, layout, 16, () -> cut[0]);
        for (int i = 0; i < 5; i++) {
            assertThat(ranges.hasNext()).isTrue();
            assertThat(ranges.next().pageCount()).isEqualTo(16);
        }
        cut[0] = true;
        assertThat(ranges.hasNext()).isFalse();
        ranges.clearTaken();
        assertThat(pages.nextSet(0)).isEqualTo(80);
        assertThat(pages.cardinality()).isEqualTo(layout.pageCount() - 80);
        cut[0] = false;
        while (ranges.hasNext()) {
            ranges.next();
        }
        ranges.clearTaken();
        assertThat(pages.isEmpty()).isTrue();
    }

    @Test
    void shouldCutRangesShortForASlowStream() {
        assertThat(PageRanges.pagesFor(0)).isEqualTo(256);
        assertThat(PageRanges.pagesFor(1e9)).isEqualTo(256);
        assertThat(PageRanges.pagesFor(100e6)).isBetween(32, 48);
        assertThat(PageRanges.pagesFor(1e6)).isEqualTo(16);
    }
}
