package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure.BadFrame;
import io.godwit.transport.StreamFailure.Cancelled;
import io.godwit.transport.frame.BadFrameException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Lanes of one stream that do not agree. */
class IncomingLanesTest {
    private static final int AHEAD = 4;
    private static final StreamCounts SOME = new StreamCounts(3, 2);

    private final TestListener listener = new TestListener();
    private final StreamFate fate = new StreamFate();
    private final IncomingLanes lanes = new IncomingLanes(listener, fate, 3, AHEAD);

    @Test
    void shouldEndRoundsInOrderHoweverFarApartLanesRun() {
        final long seed = System.nanoTime();
        final SplittableRandom random = new SplittableRandom(seed);
        final int[] rounds = new int[3];
        final List<RoundReceived> expected = new ArrayList<>();
        for (int round = 0; round < 200; round++) {
            expected.add(new RoundReceived(10 + round, new StreamCounts(9, 6)));
        }
        while (rounds[0] + rounds[1] + rounds[2] < 600) {
            final int lane = random.nextInt(3);
            final int slowest = Math.min(rounds[0], Math.min(rounds[1], rounds[2]));
            if (rounds[lane] < 200 && rounds[lane] < slowest + AHEAD) {
                lanes.roundEnded(lane, 10 + rounds[lane]++, SOME);
                assertThat(listener.rounds)
                        .as("seed %d", seed)
                        .hasSize(Math.min(rounds[0], Math.min(rounds[1], rounds[2])));
            }
        }
        assertThat(listener.rounds).isEqualTo(expected);
    }

    @Test
    void shouldEndWhenTheLastLaneDoesAndAddUp() {
        lanes.ended(2, 0, SOME);
        lanes.ended(0, 0, SOME);
        assertThat(listener.end).isNotDone();
        lanes.ended(1, 0, SOME);
        assertThat(listener.end).isCompletedWithValue(new StreamCounts(9, 6));
        lanes.failed(new BadFrame("too late"));
        assertThat(listener.failure).isNotDone();
    }

    @Test
    void shouldRefuseRoundsOfDifferentNumbers() {
        lanes.roundEnded(0, 7, SOME);
        refused(() -> lanes.roundEnded(1, 8, SOME), "round 8 ends in lane 1: 7, as in the other lanes");
    }

    @Test
    void shouldRefuseARoundAfterAnotherLanesEnd() {
        lanes.ended(1, 0, SOME);
        refused(() -> lanes.roundEnded(0, 1, SOME), "no more are expected");
    }

    @Test
    void shouldRefuseAnEndThatKnowsOfFewerRounds() {
        lanes.roundEnded(0, 1, SOME);
        refused(() -> lanes.ended(1, 0, SOME), "another lane has had 1");
    }

    @Test
    void shouldRefuseEndsThatDisagree() {
        lanes.ended(1, 4, SOME);
        refused(() -> lanes.ended(0, 5, SOME), "4, as in the other lanes");
    }

    @Test
    void shouldRefuseALaneThatRunsAwayFromTheOthers() {
        for (int round = 0; round < AHEAD; round++) {
            lanes.roundEnded(1, round, SOME);
        }
        refused(() -> lanes.roundEnded(1, AHEAD, SOME), "lane 1 is 4 rounds ahead");
    }

    @Test
    void shouldTakeDeviceStatesFromLaneZeroOnly() {
        lanes.stateReceived(0, new byte[1]);
        assertThat(listener.states).hasSize(1);
        refused(() -> lanes.stateReceived(1, new byte[1]), "device state in lane 1: lane 0");
    }

    @Test
    void shouldTellTheFirstReasonOnlyAndNothingBehindIt() {
        lanes.failed(new BadFrame("first"));
        lanes.failed(new BadFrame("second"));
        lanes.stateReceived(0, new byte[1]);
        assertThat(listener.failure).isCompletedWithValue(new BadFrame("first"));
        assertThat(listener.states).isEmpty();
    }

    @Test
    void shouldNotTellTheOwnerOfItsOwnClose() {
        fate.fail(new Cancelled("closed"));
        lanes.failed(new BadFrame("a lane, afterwards"));
        assertThat(listener.failure).isNotDone();
    }

    @Test
    void shouldRefusePagesOfAnotherLaneBeforeTheyAreWritten() {
        final TestMemory memory = new TestMemory(0, 1024);
        final PageReceiver lane1 = new PageReceiver(memory, lanes, new LaneStripes(3), 1, 100);
        final UnsafeBuffer page = new UnsafeBuffer(new byte[2 * 4096]);
        final long mib = 1 << 20;
        lane1.onRawRun(mib, 1, page, 0, 4096);
        refused(() -> lane1.onRawRun(0, 1, page, 0, 4096), "in lane 1 of 3");
        refused(() -> lane1.onRawRun(2 * mib - 4096, 2, page, 0, 8192), "within a stripe");
        refused(() -> lane1.onZeroRun(2 * mib, 1), "stripe of lane 2");
        refused(() -> lane1.onZeroRun(mib, 257), "within a stripe");
        refused(() -> lane1.onPagePiece(0, page, 0, 100), "in lane 1 of 3");
        assertThat(memory.writes).hasValue(1);
    }

    private static void refused(final Runnable event, final String named) {
        assertThatThrownBy(event::run).isInstanceOf(BadFrameException.class).hasMessageContaining(named);
    }
}
