package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimiterTest {
    private static final long SECOND_NS = 1_000_000_000L;

    /** Virtual time with uneven steps and pauses of up to 15 ms; every 1 s window is looked at. */
    @ParameterizedTest
    @ValueSource(longs = {500_000, 5_000_000, 100_000_000, 2_000_000_000})
    void shouldKeepEverySecondWithinFivePercent(final long rate) {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final RateLimiter limiter = new RateLimiter(rate, 0);
        final int frame = (int) Math.max(4_224, Math.min(limiter.frameBytes(), 61_568));
        final Deque<long[]> window = new ArrayDeque<>();
        long inWindow = 0;
        long nowNs = 0;
        long checked = 0;
        while (nowNs < 5 * SECOND_NS) {
            nowNs += random.nextInt(1_000) == 0 ? random.nextLong(15_000_000) : random.nextLong(200_000);
            while (limiter.permits(nowNs)) {
                limiter.spent(frame);
                window.add(new long[] {nowNs, frame});
                inWindow += frame;
            }
            while (!window.isEmpty() && nowNs - window.peek()[0] >= SECOND_NS) {
                inWindow -= window.poll()[1];
            }
            assertThat(inWindow).isLessThanOrEqualTo(rate * 105 / 100);
            if (nowNs > 2 * SECOND_NS) {
                assertThat(inWindow).isGreaterThanOrEqualTo(rate * 95 / 100);
                checked++;
            }
        }
        assertThat(checked).isPositive();
    }

    @Test
    void shouldNotSaveUpWhileThereIsNothingToSend() {
        final RateLimiter limiter = new RateLimiter(1_000_000, 0);
        long sent = 0;
        while (limiter.permits(3_600 * SECOND_NS)) {
            limiter.spent(1_000);
            sent += 1_000;
        }
        assertThat(sent).isLessThanOrEqualTo(21_000);
    }

    @Test
    void shouldNotPunishWhatWasSentWithoutALimit() {
        final RateLimiter limiter = new RateLimiter(RateLimiter.UNLIMITED, 0);
        limiter.permits(1);
        limiter.spent(1_000_000_000);
        limiter.rate(1_000_000);
        assertThat(limiter.permits(2)).isTrue();
    }

    @Test
    void shouldRefuseANegativeRate() {
        assertThatThrownBy(() -> new RateLimiter(-1, 0)).hasMessageContaining("rate -1 B/s");
    }
}
