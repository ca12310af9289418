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
            while (limiter.tryPay(frame, nowNs) >= 0) {
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

    /**
     * Lanes of unlike frames that come at random times, now and then find no room and take their payment back; the rate
     * changes every three seconds. Every 1 s window that knew one rate only is looked at.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 16})
    void shouldHoldTheRateOfAllLanesInEverySecondWhileItChanges(final int lanes) {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final RateLimiter limiter = new RateLimiter(1_000_000, 0);
        final Deque<long[]> window = new ArrayDeque<>();
        final long[] ofLane = new long[lanes];
        long inWindow = 0;
        long nowNs = 0;
        long changedNs = 0;
        long rate = 1_000_000;
        for (int checked = 0; checked < 200_000; ) {
            nowNs += random.nextInt(2_000) == 0 ? random.nextLong(10_000_000) : random.nextLong(100_000);
            if (nowNs - changedNs > 3 * SECOND_NS) {
                rate = 500_000L << random.nextInt(12);
                limiter.rate(rate, nowNs);
                changedNs = nowNs;
            }
            for (int tries = lanes; tries > 0; tries--) {
                final int lane = random.nextInt(lanes);
                final long longest = Math.max(4_224, Math.min(limiter.frameBytes(), 61_568));
                final long frame = lane % 2 == 0 ? longest : 128 + random.nextLong(longest - 127);
                final long paidNs = limiter.tryPay(frame, nowNs);
                if (paidNs >= 0 && random.nextInt(10) == 0) {
                    limiter.takeBack(paidNs);
                } else if (paidNs >= 0) {
                    window.add(new long[] {nowNs, frame});
                    inWindow += frame;
                    ofLane[lane] += frame;
                }
            }
            while (!window.isEmpty() && nowNs - window.peek()[0] >= SECOND_NS) {
                inWindow -= window.poll()[1];
            }
            if (nowNs - changedNs > SECOND_NS) {
                assertThat(inWindow)
                        .as("seed %d, %d B/s at %d", seed, rate, nowNs)
                        .isBetween(rate * 95 / 100, rate * 105 / 100);
                checked++;
            }
        }
        assertThat(ofLane).as("no lane starves").doesNotContain(0);
    }

    @Test
    void shouldNotSaveUpWhileThereIsNothingToSend() {
        final RateLimiter limiter = new RateLimiter(1_000_000, 0);
        long sent = 0;
        while (limiter.tryPay(1_000, 3_600 * SECOND_NS) >= 0) {
            sent += 1_000;
        }
        assertThat(sent).isLessThanOrEqualTo(1_000 * RateLimiter.BURST_MS + 1_000);
    }

    @Test
    void shouldNotPunishWhatWasSentWithoutALimit() {
        final RateLimiter limiter = new RateLimiter(RateLimiter.UNLIMITED, 0);
        assertThat(limiter.tryPay(1_000_000_000, 1)).isZero();
        limiter.rate(1_000_000, 2);
        assertThat(limiter.tryPay(1_000, 2)).isPositive();
    }

    @Test
    void shouldForgiveTheDebtOfALowRateWhenItIsRaised() {
        final RateLimiter limiter = new RateLimiter(100, 0);
        assertThat(limiter.tryPay(4_224, SECOND_NS)).isPositive();
        assertThat(limiter.tryPay(4_224, 2 * SECOND_NS)).as("42 s to pay").isNegative();
        limiter.rate(100_000_000, 2 * SECOND_NS);
        assertThat(limiter.tryPay(4_224, 2 * SECOND_NS)).isPositive();
    }

    @Test
    void shouldTakeBackWhatWasPaidForAFrameThatDidNotGo() {
        final RateLimiter limiter = new RateLimiter(1_000_000, 0);
        final long paidNs = limiter.tryPay(500_000, SECOND_NS);
        assertThat(limiter.tryPay(1_000, SECOND_NS)).isNegative();
        limiter.takeBack(paidNs);
        assertThat(limiter.tryPay(1_000, SECOND_NS)).isPositive();
    }

    @Test
    void shouldKeepToWhatThePathBearsUntilSomebodyAsksForARate() {
        final RateLimiter limiter = new RateLimiter(0, 0);
        limiter.pathCap(1_000, SECOND_NS);
        assertThat(limiter.frameBytes()).isEqualTo(10);
        limiter.rate(2_000, SECOND_NS);
        assertThat(limiter.frameBytes()).isEqualTo(20);
        limiter.rate(RateLimiter.UNLIMITED, SECOND_NS);
        assertThat(limiter.frameBytes()).isEqualTo(10);
    }

    @Test
    void shouldRefuseANegativeRate() {
        assertThatThrownBy(() -> new RateLimiter(-1, 0)).hasMessageContaining("rate -1 B/s");
    }
}
