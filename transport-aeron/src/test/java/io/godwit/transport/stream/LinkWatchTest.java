package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.LinkLost;
import io.godwit.transport.driver.LastHeard;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A lane's virtual time; nothing is heard but the moment of opening. */
class LinkWatchTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final LinkWatch watch = new LinkWatch(new LastHeard(), Duration.ofSeconds(2), "peer", 0);

    @Test
    void shouldSuspendAfterSomeSilenceAndCountItsTime() {
        for (int ms = 10; ms < 600; ms += 10) {
            assertThat(watch.isSuspended(ms * MS)).as("at %d ms", ms).isFalse();
        }
        assertThat(watch.isSuspended(600 * MS)).isTrue();
        assertThat(watch.isSuspended(700 * MS)).isTrue();
        assertThat(watch.suspendedNs()).isEqualTo(110 * MS);
    }

    @Test
    void shouldCallTheLinkLostAfterTheTimeoutAndNameBoth() {
        for (int ms = 50; ms <= 2_000; ms += 50) {
            watch.isSuspended(ms * MS);
        }
        assertThatThrownBy(() -> watch.isSuspended(2_001 * MS))
                .isInstanceOfSatisfying(
                        StreamException.class,
                        lost -> assertThat(lost.failure()).isInstanceOf(LinkLost.class))
                .hasMessageContaining("peer")
                .hasMessageContaining("2000 ms");
    }

    @Test
    void shouldNotBlameTheLinkForATimeInWhichItsOwnHostStoodStill() {
        assertThat(watch.isSuspended(10 * MS)).isFalse();
        assertThat(watch.isSuspended(60_000 * MS)).isFalse();
        assertThat(watch.isSuspended(60_010 * MS)).isFalse();
    }
}
