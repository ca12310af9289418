package io.godwit.migration.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.harness.Seeds;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PageCacheTest {
    private final UnsafeBuffer page = new UnsafeBuffer(new byte[4096]);

    @Test
    void shouldHoldNothingButWhatWasPutInLast() {
        SplittableRandom random = Seeds.random();
        Map<Long, Long> model = new HashMap<>();
        try (PageCache cache = new PageCache(64)) {
            int hits = 0;
            for (int i = 0; i < 200_000; i++) {
                int round = i / 500;
                long number = random.nextInt(150);
                int place = cache.find(number, round);
                if (place != PageCache.MISS) {
                    hits++;
                    assertThat(cache.contents().getLong(cache.offsetOf(place))).isEqualTo(model.get(number));
                    assertThat(cache.contents().getLong(cache.offsetOf(place) + 4088))
                            .isEqualTo(model.get(number));
                }
                if (random.nextInt(10) == 0) {
                    cache.forget(number, 1 + random.nextInt(100));
                    assertThat(cache.find(number, round)).isEqualTo(PageCache.MISS);
                    continue;
                }
                long content = random.nextLong();
                page.putLong(0, content);
                page.putLong(4088, content);
                model.put(number, content);
                if (place == PageCache.MISS) {
                    cache.add(number, round, page, 0);
                } else {
                    cache.replace(place, page, 0);
                }
            }
            assertThat(hits).isGreaterThan(10_000);
        }
    }

    @Test
    void shouldKeepWhatIsUsedEveryRoundWhenMoreWantsIn() {
        try (PageCache cache = new PageCache(256)) {
            for (long number = 0; number < 64; number++) {
                cache.add(number, 1, page, 0);
            }
            for (int round = 2; round < 10; round++) {
                for (long number = 0; number < 64; number++) {
                    if (cache.find(number, round) == PageCache.MISS) {
                        cache.add(number, round, page, 0);
                    }
                }
                for (long number = 1000; number < 2000; number++) {
                    cache.add(number, round, page, 0);
                }
            }
            int kept = 0;
            for (long number = 0; number < 64; number++) {
                kept += cache.find(number, 10) == PageCache.MISS ? 0 : 1;
            }
            assertThat(kept).isEqualTo(64);
        }
    }

    @Test
    void shouldFillItselfWithPagesOfOneLaneOfMany() {
        try (PageCache cache = new PageCache(1024)) {
            int held = 0;
            for (long stripe = 0; stripe < 4; stripe++) {
                for (long number = 0; number < 256; number++) {
                    cache.add(stripe * 4 * 256 + number, 1, page, 0);
                }
            }
            for (long stripe = 0; stripe < 4; stripe++) {
                for (long number = 0; number < 256; number++) {
                    held += cache.find(stripe * 4 * 256 + number, 1) == PageCache.MISS ? 0 : 1;
                }
            }
            assertThat(held).as("of 1024 pages in as many places").isGreaterThan(700);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 4", "16384, 4", "67108864, 16384", "67108863, 8192", "68719476736, 262144"})
    void shouldRoundItsCapacityDown(long bytes, int pages) {
        assertThat(PageCache.capacityPages(bytes)).isEqualTo(pages);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 6, 1 << 19, -4})
    void shouldRefuseACapacityThatIsNoPowerOfTwo(int pages) {
        assertThatThrownBy(() -> new PageCache(pages))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a power of two");
    }

    @Test
    void shouldBeClosedTwiceWithoutHarm() {
        PageCache cache = new PageCache(4);
        cache.close();
        cache.close();
    }
}
