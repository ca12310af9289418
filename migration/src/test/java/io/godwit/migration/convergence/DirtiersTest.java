package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DirtiersTest {
    @Test
    void shouldPickOnlyThoseThatDirty() {
        assertThat(Dirtiers.byPages(new long[] {100_000, 40}, new int[2])).containsExactly(true, false);
        assertThat(Dirtiers.byPages(new long[] {100, 100, 100, 15}, new int[4]))
                .containsExactly(true, true, true, false);
        assertThat(Dirtiers.byPages(new long[] {0, 0}, new int[2])).containsExactly(false, false);
    }

    @Test
    void shouldNotLetTheThrottleWander() {
        // The first is held back by 90 percent already, so it dirties a tenth of what it would.
        assertThat(Dirtiers.byPages(new long[] {10_000, 90_000}, new int[] {90, 0}))
                .containsExactly(true, true);
    }

    @Test
    void shouldPickThoseThatRunWhereTheLogTellsNoMore() {
        assertThat(Dirtiers.byCpuTime(new long[] {900_000, 1_000, 60_000}, new int[3], 1_000_000))
                .containsExactly(true, false, true);
        assertThat(Dirtiers.byCpuTime(new long[] {9_000}, new int[] {99}, 1_000_000))
                .containsExactly(true);
    }

    @Test
    void shouldHoldAVcpuToItsDirtyLimit() {
        DirtyLimit limit = new DirtyLimit();
        double free = 600e6;
        double rate = free;
        int percent = 0;
        for (int look = 0; look < 50; look++) {
            percent = limit.look(rate, 50_000_000);
            rate = free * (100 - percent) / 100;
            if (look > 5) {
                assertThat(rate).as("look %d", look).isBetween(40e6, 60e6);
            }
        }
        assertThat(percent).isBetween(90, 94);
        assertThat(limit.look(rate, 0)).as("without a limit").isZero();
    }

    @Test
    void shouldLetAVcpuRunFreelyThatStopsDirtying() {
        DirtyLimit limit = new DirtyLimit();
        int percent = limit.look(5e9, 50_000_000);
        assertThat(percent).isEqualTo(99);
        int looks = 0;
        while (percent > 0 && looks < 100) {
            int next = limit.look(1e6, 50_000_000);
            assertThat(next).as("no burst at once").isGreaterThanOrEqualTo((int) (100 - (100 - percent) * 1.3 - 1));
            percent = next;
            looks++;
        }
        assertThat(looks).isBetween(10, 40);
    }
}
