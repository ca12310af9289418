package io.godwit.actors.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationSettings;
import io.godwit.config.MigrationSettings.Announcement;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnnouncerTest {
    @Test
    void shouldWaitLongerEachTimeUpToTheLongestPause() {
        Announcement plan = new Announcement(50, 200, 6, 100);
        assertThat(IntStream.rangeClosed(1, 5).mapToLong(round -> Announcer.pauseMs(plan, round)))
                .containsExactly(50L, 150L, 200L, 200L, 200L);
    }

    @Test
    void shouldHaveTheUsualDefaults() {
        Announcement plan = MigrationSettings.DEFAULT.announcement();
        assertThat(plan).isEqualTo(new Announcement(50, 550, 5, 100));
    }
}
