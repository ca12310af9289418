package io.godwit.vmm.device.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.SystemCallException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DiskFailuresTest {
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private final DiskFailures failures = new DiskFailures(() -> now);
    private final SystemCallException full = new SystemCallException("pwritev", Errno.ENOSPC, "disk.raw");

    @Test
    void shouldCountAllAndTellOneInTenSeconds() {
        assertThat(failures.summary()).isEmpty();
        assertThat(failures.add("disk/0 queue 0", full)).isTrue();
        for (int i = 0; i < 1000; i++) {
            assertThat(failures.add("disk/0 queue 0", full)).isFalse();
        }
        now = now.plusMillis(9_999);
        assertThat(failures.add("disk/0 queue 1", full)).isFalse();
        now = now.plusMillis(1);
        assertThat(failures.add("disk/0 queue 0", full)).isTrue();
        assertThat(failures.summary())
                .hasValueSatisfying(summary -> assertThat(summary)
                        .startsWith("1003 requests failed, the last with pwritev(disk.raw): ENOSPC")
                        .endsWith(", at 2026-01-02T03:04:15Z"));
    }
}
