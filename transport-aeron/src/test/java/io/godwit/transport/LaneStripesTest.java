package io.godwit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LaneStripesTest {
    private static final long MIB = 1 << 20;

    @Test
    void shouldDealStripesOfOneMebibyteInTurn() {
        final LaneStripes three = new LaneStripes(3);
        assertThat(three.laneOf(0)).isZero();
        assertThat(three.laneOf(MIB - 1)).isZero();
        assertThat(three.laneOf(MIB)).isEqualTo(1);
        assertThat(three.laneOf(2 * MIB)).isEqualTo(2);
        assertThat(three.laneOf(3 * MIB)).isZero();
        assertThat(three.laneOf(Long.MAX_VALUE)).isBetween(0, 2);
    }

    @Test
    void shouldCutRangesIntoPiecesThatOneLaneOwns() {
        final long seed = System.nanoTime();
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 10_000; i++) {
            final LaneStripes stripes = new LaneStripes(1 + random.nextInt(LaneStripes.MAX_LANES));
            final long from = random.nextLong(1L << 40) & -PageRange.PAGE_SIZE;
            final long end = from + PageRange.PAGE_SIZE * (1 + random.nextLong(2_000));
            for (long at = from; at < end; ) {
                final long cut = stripes.cut(at, end);
                assertThat(cut).as("seed %d", seed).isGreaterThan(at).isLessThanOrEqualTo(end);
                assertThat(stripes.owns(stripes.laneOf(at), at, cut - at)).isTrue();
                assertThat(cut == end || stripes.laneOf(cut) != stripes.laneOf(at))
                        .isTrue();
                at = cut;
            }
        }
    }

    @Test
    void shouldShareAHotSetOfAFewMebibytesEvenly() {
        for (int lanes = 1; lanes <= LaneStripes.MAX_LANES; lanes++) {
            final LaneStripes stripes = new LaneStripes(lanes);
            final long[] bytes = new long[lanes];
            final long from = 12_345L << 12;
            final long end = from + 4 * lanes * MIB;
            for (long at = from; at < end; at = stripes.cut(at, end)) {
                bytes[stripes.laneOf(at)] += stripes.cut(at, end) - at;
            }
            for (final long ofLane : bytes) {
                assertThat(ofLane).as("%d lanes", lanes).isEqualTo(4 * MIB);
            }
        }
    }

    @Test
    void shouldNotGiveALaneWhatReachesIntoAnotherStripe() {
        final LaneStripes two = new LaneStripes(2);
        assertThat(two.owns(0, 0, MIB)).isTrue();
        assertThat(two.owns(1, 0, MIB)).isFalse();
        assertThat(two.owns(0, 0, MIB + 4096)).isFalse();
        assertThat(two.owns(0, 0, 3 * MIB))
                .as("with another lane's stripe within")
                .isFalse();
        assertThat(two.owns(0, MIB - 4096, 8192)).isFalse();
        assertThat(new LaneStripes(1).owns(0, 0, 1L << 40)).isTrue();
    }

    @Test
    void shouldRefuseLaneCountsOutOfRange() {
        for (final int lanes : new int[] {-1, 0, 17}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new LaneStripes(lanes))
                    .withMessageContaining("1 to 16");
        }
    }
}
