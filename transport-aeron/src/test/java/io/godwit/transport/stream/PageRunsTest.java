package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.transport.PageRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PageRunsTest {
    private static final int MAX_RAW = 15;

    private final TestMemory memory = new TestMemory(0, 100).fillRandom(1);
    private final PageRuns runs = new PageRuns(memory);

    @Test
    void shouldCutRawRunsAtTheFrame() {
        assertThat(runsOf(new PageRange(0, 40))).containsExactly("raw 0+15", "raw 15+15", "raw 30+10");
    }

    @Test
    void shouldMergeRangesThatTouch() {
        assertThat(runsOf(new PageRange(0, 2), new PageRange(2 * 4096, 3), new PageRange(6 * 4096, 1)))
                .containsExactly("raw 0+5", "raw 6+1");
    }

    @Test
    void shouldPartZeroFromRaw() {
        memory.zeroPage(3).zeroPage(4).zeroPage(9);
        assertThat(runsOf(new PageRange(0, 10))).containsExactly("raw 0+3", "zero 3+2", "raw 5+4", "zero 9+1");
    }

    @Test
    void shouldCoverEveryPageOnceInOrder() {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 40; i++) {
            memory.zeroPage(random.nextInt(100));
        }
        final List<PageRange> ranges = new ArrayList<>();
        final List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            final int first = random.nextInt(100);
            final int count = 1 + random.nextInt(100 - first);
            ranges.add(new PageRange(first * 4096L, count));
            for (int page = first; page < first + count; page++) {
                expected.add(page);
            }
        }
        final List<Integer> actual = new ArrayList<>();
        for (final String run : runsOf(ranges.toArray(PageRange[]::new))) {
            final String[] parts = run.split("[ +]");
            for (int page = 0; page < Integer.parseInt(parts[2]); page++) {
                final int number = Integer.parseInt(parts[1]) + page;
                assertThat(memory.isZero(number * 4096L, 4096)).isEqualTo(parts[0].equals("zero"));
                actual.add(number);
            }
        }
        assertThat(actual).isEqualTo(expected);
    }

    private List<String> runsOf(final PageRange... ranges) {
        runs.maxRawPages(MAX_RAW);
        final List<String> found = new ArrayList<>();
        for (final PageRange range : ranges) {
            while (!runs.wantsRange()) {
                runs.scan();
                take(found);
            }
            runs.add(range);
        }
        while (!runs.wantsRange()) {
            runs.scan();
            take(found);
        }
        runs.flush();
        take(found);
        return found;
    }

    private void take(final List<String> found) {
        if (runs.isComplete()) {
            found.add((runs.isZero() ? "zero " : "raw ") + runs.address() / 4096 + "+" + runs.pages());
            runs.sent();
        }
    }
}
