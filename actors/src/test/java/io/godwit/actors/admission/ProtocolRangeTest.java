package io.godwit.actors.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtocolRangeTest {
    @ParameterizedTest
    @CsvSource({"1,1,1,1,1", "1,1,1,2,1", "1,2,1,1,1", "1,2,1,2,2", "1,3,2,4,3", "2,4,1,3,3", "1,9,4,5,5", "3,3,1,9,3"})
    void shouldMeetAtTheHighestThatBothSpeak(int oldest, int newest, int otherOldest, int otherNewest, int version) {
        ProtocolRange one = new ProtocolRange(oldest, newest);
        ProtocolRange other = new ProtocolRange(otherOldest, otherNewest);

        assertThat(one.meet(other)).hasValue(version);
        assertThat(other.meet(one)).as("asked from the other side").hasValue(version);
    }

    @ParameterizedTest
    @CsvSource({"1,1,2,2", "2,3,1,1", "1,4,5,9"})
    void shouldNotMeetWhereTheRangesDoNotTouch(int oldest, int newest, int otherOldest, int otherNewest) {
        ProtocolRange one = new ProtocolRange(oldest, newest);
        ProtocolRange other = new ProtocolRange(otherOldest, otherNewest);

        assertThat(one.meet(other)).isEqualTo(OptionalInt.empty());
        assertThat(other.meet(one)).isEqualTo(OptionalInt.empty());
    }

    @ParameterizedTest
    @CsvSource({"0,1", "-1,1", "2,1", "1,65536"})
    void shouldRefuseWhatIsNoRange(int oldest, int newest) {
        assertThatThrownBy(() -> new ProtocolRange(oldest, newest)).hasMessageContaining(oldest + " to " + newest);
    }

    @Test
    void shouldReadAsAnOperatorWouldSayIt() {
        assertThat(new ProtocolRange(1, 1)).hasToString("1");
        assertThat(new ProtocolRange(1, 2)).hasToString("1 to 2");
    }
}
