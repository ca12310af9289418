package io.godwit.benchmarks.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadTest {
    @Test
    void shouldTakeAWorkingSetThatFitsTheRate() {
        assertThat(Load.parse("50")).isEqualTo(new Load(50, 64));
        assertThat(Load.parse("200")).isEqualTo(new Load(200, 512));
        assertThat(Load.parse(" 600@256 ")).isEqualTo(new Load(600, 256));
        assertThat(Load.parse("0")).isEqualTo(new Load(0, 64));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "@", "50@", "@64", "50@64@1", "-1", "fast", "50@0", "1000000", "5.5"})
    void shouldRefuseWhatIsNoLoadAndSayWhatIsOne(String text) {
        assertThatThrownBy(() -> Load.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"")
                .hasMessageContaining("600@512");
    }

    @Test
    void shouldFillNearlyAllOfAGuestAndNoMoreThanThereIs() {
        assertThat(new Load(50, 64).commandLine(1024)).isEqualTo("fill=960 wss=64 rate=50");
        assertThat(new Load(200, 512).commandLine(64)).isEqualTo("fill=48 wss=48 rate=200");
    }
}
