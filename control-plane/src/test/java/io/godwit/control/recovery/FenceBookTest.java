package io.godwit.control.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.HostIdentity;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FenceBookTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");

    private final FenceBook fences = new FenceBook(2);

    @Test
    void shouldTryOnceAtATimeAndBelieveASuccess() {
        assertThat(fences.begin(SOUTH, 0)).isTrue();
        assertThat(fences.begin(SOUTH, 1)).isFalse();
        assertThat(fences.isFenced(SOUTH)).isFalse();

        fences.ended(SOUTH, Optional.empty(), 2);

        assertThat(fences.isFenced(SOUTH)).isTrue();
        assertThat(fences.begin(SOUTH, 100_000)).isFalse();
        assertThat(fences.isFenced(new HostIdentity("south", "s2")))
                .as("its next life")
                .isFalse();
    }

    @Test
    void shouldTryAgainEverMoreSeldomAndCallTheOperatorThen() {
        long[] pausesMs = {FenceBook.FIRST_PAUSE_MS, 2 * FenceBook.FIRST_PAUSE_MS, FenceBook.LONGEST_PAUSE_MS};
        long nowMs = 0;
        for (long pauseMs : pausesMs) {
            assertThat(fences.begin(SOUTH, nowMs)).isTrue();
            fences.ended(SOUTH, Optional.of("the BMC is silent"), nowMs);
            assertThat(fences.begin(SOUTH, nowMs + pauseMs - 1)).isFalse();
            nowMs += pauseMs;
        }
        assertThat(fences.describe(SOUTH, "san"))
                .contains("\"south\"", "san", "attempt 3 failed: the BMC is silent", "confirm the host dead");
        assertThat(fences.begin(SOUTH, nowMs)).isTrue();
        fences.ended(SOUTH, Optional.empty(), nowMs);
        assertThat(fences.isFenced(SOUTH)).isTrue();
    }

    @Test
    void shouldNotBelieveTheFenceOfAHostThatIsHeard() {
        fences.begin(SOUTH, 0);
        fences.ended(SOUTH, Optional.empty(), 1);

        assertThat(fences.heard(SOUTH::equals)).contains(SOUTH);

        assertThat(fences.isFenced(SOUTH)).isFalse();
        assertThat(fences.heard(SOUTH::equals)).isEmpty();
    }

    @Test
    void shouldForgetTheFailuresOfAHostThatCameBack() {
        fences.begin(SOUTH, 0);
        fences.ended(SOUTH, Optional.of("no"), 1);

        assertThat(fences.heard(SOUTH::equals)).isEmpty();

        assertThat(fences.begin(SOUTH, 2)).isTrue();
    }

    @Test
    void shouldRefuseToTryLessThanOnce() {
        assertThatThrownBy(() -> new FenceBook(-1)).isInstanceOf(InvalidValueException.class);
    }
}
