package io.godwit.actors.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
    private final AtomicLong nowNs = new AtomicLong(Long.MAX_VALUE - 5);
    private final RefusalLog log = new RefusalLog(nowNs::get);

    @Test
    void shouldTellTheSameOnceAMinute() {
        assertThat(log.isNew("refused b")).isTrue();
        assertThat(log.isNew("refused b")).isFalse();
        assertThat(log.isNew("refused c")).isTrue();

        nowNs.addAndGet(TimeUnit.SECONDS.toNanos(59)); // past the clock's overflow
        assertThat(log.isNew("refused b")).isFalse();
        nowNs.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(log.isNew("refused b")).isTrue();
    }

    @Test
    void shouldRememberNoMoreThanItHasRoomFor() {
        assertThat(log.isNew("refused b")).isTrue();
        for (int i = 0; i < 1_000; i++) {
            assertThat(log.isNew("refused " + i)).isTrue();
        }
        assertThat(log.isNew("refused b")).as("forgotten, not kept for ever").isTrue();
    }
}
