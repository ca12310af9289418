package io.godwit.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void shouldTakeTheMiddleOfUnsortedValues() {
        assertThat(Median.of(List.of(9.0, 1.0, 5.0))).isEqualTo(5.0);
        assertThat(Median.of(List.of(4.0, 1.0, 3.0, 100.0))).isEqualTo(3.5);
        assertThat(Median.of(List.of(2.0))).isEqualTo(2.0);
        assertThatThrownBy(() -> Median.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSayByHowMuchABarIsMetOrMissed() {
        Bar met = Bar.atMost("total", 1.0, 0.75, "");
        Bar missed = Bar.atMost("blackout", 15, 18, "ms");

        assertThat(met.met()).isTrue();
        assertThat(met.verdict()).isEqualTo("met by 0.25 (25 %)");
        assertThat(missed.met()).isFalse();
        assertThat(missed.verdict()).isEqualTo("MISSED by 3.0 ms (20 %)");
        assertThat(missed.limitText()).isEqualTo("≤ 15.0 ms");
    }

    @Test
    void shouldTurnABarAroundThatIsALowestValue() {
        assertThat(Bar.atLeast("use", 80, 79.9, "%").met()).isFalse();
        assertThat(Bar.atLeast("use", 80, 80, "%").met()).isTrue();
        assertThat(Bar.atLeast("use", 80, 90, "%").limitText()).isEqualTo("≥ 80.0 %");
    }

    @Test
    void shouldMeetABarOfNothingOnlyWithNothing() {
        assertThat(Bar.atMost("lost", 0, 0, "times").met()).isTrue();
        assertThat(Bar.atMost("lost", 0, 1, "times").verdict()).startsWith("MISSED by 1.0 times");
    }

    @Test
    void shouldWriteATableThatCellsCannotBreak() {
        MarkdownTable table = new MarkdownTable("a", "b").row("1", "x|y\nz");

        assertThat(table).hasToString("| a | b |\n|---|---|\n| 1 | x\\|y z |\n");
        assertThatThrownBy(() -> table.row("alone"))
                .hasMessageContaining("1 cells")
                .hasMessageContaining("2 columns");
    }
}
