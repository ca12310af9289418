package io.godwit.control.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.AutoRestart;
import io.godwit.control.restart.RestartPolicy.Decision;
import io.godwit.control.restart.RestartPolicy.Decision.GiveUp;
import io.godwit.control.restart.RestartPolicy.Decision.Leave;
import io.godwit.control.restart.RestartPolicy.Decision.Restart;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestartPolicyTest {
    private final RestartPolicy policy = new RestartPolicy();

    @Test
    void shouldLeaveEveryGuestAsItEndedUnlessAskedOtherwise() {
        for (GuestEnd how : GuestEnd.values()) {
            assertThat(policy.ended(AutoRestart.NEVER, how, 0)).isEqualTo(Leave.INSTANCE);
        }
    }

    @Test
    void shouldStartAGuestAgainThatCrashedButNotOneThatMeantToEnd() {
        assertThat(policy.ended(AutoRestart.ON_CRASH, GuestEnd.OFF, 0)).isEqualTo(Leave.INSTANCE);
        assertThat(policy.ended(AutoRestart.ON_CRASH, GuestEnd.CRASH, 0)).isEqualTo(new Restart(1_000, 1));
    }

    @Test
    void shouldStartAGuestAgainHoweverItEndedWhereThatIsAskedFor() {
        assertThat(policy.ended(AutoRestart.ALWAYS, GuestEnd.OFF, 0)).isEqualTo(new Restart(1_000, 1));
    }

    @Test
    void shouldWaitTwiceAsLongEachTimeAndThenGiveUp() {
        List<Long> delaysMs = new ArrayList<>();
        Decision decision = crash(0);
        for (long nowMs = 0; decision instanceof Restart again; nowMs += 1_000_000) {
            delaysMs.add(again.delayMs());
            policy.started(nowMs);
            decision = crash(nowMs + RestartPolicy.HEALTHY_MS - 1);
        }

        assertThat(delaysMs).containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 32_000L);
        assertThat(decision)
                .isEqualTo(new GiveUp(
                        "it was started again 6 times in a row and did not run for 10m;" + " start it to try anew"));
        assertThat(crash(0)).as("given up is given up").isInstanceOf(GiveUp.class);
    }

    @Test
    void shouldCountAnewAfterAGuestRanForLong() {
        crash(0);
        crash(0);
        policy.started(5_000);

        assertThat(crash(5_000 + RestartPolicy.HEALTHY_MS)).isEqualTo(new Restart(1_000, 1));
    }

    @Test
    void shouldCountAnewAfterAnOperatorActed() {
        while (!(crash(0) instanceof GiveUp)) {
            // until then
        }
        policy.forget();

        assertThat(crash(0)).isEqualTo(new Restart(1_000, 1));
    }

    @Test
    void shouldCountARestartThatDidNotComeAbout() {
        crash(0);

        assertThat(policy.failed()).isEqualTo(new Restart(2_000, 2));
    }

    private Decision crash(long nowMs) {
        return policy.ended(AutoRestart.ON_CRASH, GuestEnd.CRASH, nowMs);
    }
}
