package io.godwit.actors.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.cluster.ClusterEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EventHoldTest {
    private final List<String> published = new ArrayList<>();
    private final Queue<Runnable> limits = new ArrayDeque<>();
    private final EventHold hold = new EventHold(event -> published.add(event.kind()), limits::add);

    @Test
    void shouldPublishAtOnceWhileTheGuestRuns() {
        hold.tell(event("active"));

        assertThat(published).containsExactly("active");
    }

    @Test
    void shouldKeepEventsInTheirOrderUntilTheGuestRunsAgain() {
        hold.hold();
        hold.tell(event("stopped"));
        hold.tell(event("device"));
        assertThat(published).isEmpty();

        hold.release();
        hold.tell(event("completed"));

        assertThat(published).containsExactly("stopped", "device", "completed");
    }

    @Test
    void shouldTellOfAGuestThatStandsStillForLongerThanTheLimit() {
        hold.hold();
        hold.tell(event("stopped"));

        limits.remove().run();
        hold.tell(event("device"));

        assertThat(published).containsExactly("stopped", "device");
    }

    @Test
    void shouldNotLetAnEarlierHoldsLimitEndALaterOne() {
        hold.hold();
        hold.release();
        hold.hold();
        hold.tell(event("stopped"));

        limits.remove().run();

        assertThat(published).isEmpty();
    }

    private static ClusterEvent event(String kind) {
        return new ClusterEvent(0, kind, "alpha", "vm", "migration", new TreeMap<>());
    }
}
