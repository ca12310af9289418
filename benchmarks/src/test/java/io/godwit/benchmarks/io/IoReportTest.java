package io.godwit.benchmarks.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.benchmarks.report.Bar;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoReportTest {
    private final IoReport report = new IoReport(IoJob.ALL.subList(0, 2));

    private static List<JobResult> run(long first, long second) {
        return List.of(result(0, first), result(1, second));
    }

    private static JobResult result(int job, long operations) {
        return new JobResult(job, 1_000_000_000, operations, operations * 4096, 0, 1, 1, 1, 1);
    }

    @Test
    void shouldCompareTheMedians() {
        List.of(100L, 900L, 70L).forEach(operations -> report.add("godwit", run(operations, 79)));
        List.of(50L, 40L, 60L).forEach(operations -> report.add("qemu", run(operations, 100)));
        List<Bar> bars = report.bars();
        assertThat(bars).extracting(Bar::measured).containsExactly(2.0, 0.79);
        assertThat(bars).extracting(Bar::met).containsExactly(true, false);
    }

    @Test
    void shouldRefuseARunThatIsNotWhole() {
        assertThatThrownBy(() -> report.add("qemu", List.of(result(0, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 results of qemu, expected are 2 of one of [godwit, qemu]");
    }

    @Test
    void shouldGiveAGuestItsJobsInOrder() {
        assertThat(IoJob.commandLine(IoJob.ALL.subList(5, 7), 2, 64))
                .isEqualTo("seconds=2 span=64 test=blk mode=seqwrite bs=131072 depth=4 test=net mode=tx depth=256");
    }
}
