package io.godwit.control.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MigrationStatusTest {
    @Test
    void shouldSpellStatusesAsQemuDoes() {
        assertThat(Arrays.stream(MigrationStatus.values()).map(MigrationStatus::label))
                .containsExactly(
                        "none",
                        "setup",
                        "active",
                        "pre-switchover",
                        "device",
                        "postcopy-active",
                        "postcopy-paused",
                        "completed",
                        "cancelling",
                        "cancelled",
                        "failed");
        for (MigrationStatus status : MigrationStatus.values()) {
            assertThat(MigrationStatus.fromLabel(status.label())).contains(status);
        }
        assertThat(MigrationStatus.fromLabel("Active")).isEmpty();
    }
}
