package io.godwit.control.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import org.junit.jupiter.api.Test;

class StartQueueTest {
    private final StartQueue queue = new StartQueue(2);

    @Test
    void shouldStartFewAtATimeTheHighestPriorityFirstThenAsTheyCame() {
        queue.add("a", 0);
        queue.add("b", 5);
        queue.add("c", 0);
        assertThat(queue.next()).contains("b");
        assertThat(queue.next()).contains("a");
        assertThat(queue.next()).isEmpty();
        assertThat(queue.starting()).isEqualTo(2);
        queue.done("b");
        assertThat(queue.next()).contains("c");
    }

    @Test
    void shouldStartAVmOnceHoweverOftenItIsAdded() {
        queue.add("a", 0);
        queue.add("a", 0);
        assertThat(queue.next()).contains("a");
        queue.add("a", 0);
        assertThat(queue.next()).isEmpty();
    }

    @Test
    void shouldForgetAVmThatIsNotWantedAnyMore() {
        queue.add("a", 0);
        queue.done("a");
        assertThat(queue.next()).isEmpty();
    }

    @Test
    void shouldRefuseToStartNone() {
        assertThatThrownBy(() -> new StartQueue(0))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("atATime");
    }
}
