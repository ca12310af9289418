package io.godwit.benchmarks.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class JobResultTest {
    private static final String LINE =
            "{\"job\":3,\"test\":\"blk\",\"mode\":\"seqwrite\",\"depth\":4,\"ns\":2000000000,"
                    + "\"operations\":6600,\"bytes\":865075200,\"errors\":0,\"bells\":1656,\"meanNs\":605961,\"p50Ns\":321648,"
                    + "\"p99Ns\":4503086,\"maxNs\":43314957}";

    @Test
    void shouldReadWhatTheGuestPrints() throws IOException {
        JobResult result = JobResult.parse(LINE);
        assertThat(result.job()).isEqualTo(3);
        assertThat(result.operationsPerSecond()).isEqualTo(3300);
        assertThat(result.bytesPerSecond()).isEqualTo(432_537_600);
        assertThat(result.p99Ns()).isEqualTo(4_503_086);
    }

    @Test
    void shouldNotCountAJobThatMetErrors() {
        String wrong = LINE.replace("\"errors\":0", "\"errors\":1");
        assertThatThrownBy(() -> JobResult.parse(wrong))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("met errors")
                .hasMessageContaining(wrong);
    }

    @Test
    void shouldNotCountAJobThatDidNothing() {
        String idle = LINE.replace("\"operations\":6600", "\"operations\":0");
        assertThatThrownBy(() -> JobResult.parse(idle))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("did nothing");
    }

    @Test
    void shouldSayWhichLineIsNoResult() {
        assertThatThrownBy(() -> JobResult.parse("{\"job\":"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a result of the guest: {\"job\":");
    }
}
