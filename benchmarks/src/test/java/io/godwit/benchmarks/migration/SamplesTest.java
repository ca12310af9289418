package io.godwit.benchmarks.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.migration.Sample.Figures;
import io.godwit.benchmarks.migration.Sample.Kind;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.ResultFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplesTest {
    private static final Load IDLE = new Load(50, 64);
    private static final Load BUSY = new Load(600, 512);

    @TempDir
    private Path directory;

    static Figures figures(double totalMs, double blackoutMs) {
        return new Figures(
                totalMs,
                totalMs - 20,
                blackoutMs,
                blackoutMs - 0.4,
                blackoutMs - 2,
                1 << 30,
                4,
                1.5,
                50,
                0.5,
                Map.of("godwit-sender", 0.7),
                JsonNodeFactory.instance.objectNode().put("status", "completed"));
    }

    private static Sample sample(String subject, Load load, Kind kind, double totalMs, double blackoutMs) {
        return Sample.of(subject, load, kind, 1, figures(totalMs, blackoutMs));
    }

    private static List<Sample> samples() {
        List<Sample> samples = new ArrayList<>();
        samples.add(sample("godwit", IDLE, Kind.FIRST, 9000, 900));
        samples.add(sample("godwit", IDLE, Kind.WARM_UP, 8000, 800));
        for (double totalMs : new double[] {1500, 1000, 2000}) {
            samples.add(sample("godwit", IDLE, Kind.MEASURED, totalMs, totalMs / 100));
            samples.add(sample("qemu-multifd2", IDLE, Kind.MEASURED, totalMs * 2, 5));
            samples.add(sample("godwit", BUSY, Kind.MEASURED, totalMs, 200));
            samples.add(sample("qemu-multifd2", BUSY, Kind.MEASURED, 1000, 160));
        }
        samples.add(Sample.failed("godwit", IDLE, Kind.MEASURED, 4, "cancelled: | by\noperator"));
        return samples;
    }

    @Test
    void shouldTakeMediansOfWhatCountsAlone() {
        Summary godwit = Summary.of(samples()).get(0);

        assertThat(godwit.outsideMs()).isEqualTo(1500);
        assertThat(godwit.blackoutMs()).isEqualTo(15);
        assertThat(godwit.completed()).isEqualTo(3);
        assertThat(godwit.failed()).isEqualTo(1);
        assertThat(godwit.allOutsideMs()).containsExactly(1500.0, 1000.0, 2000.0);
    }

    @Test
    void shouldHaveNoMediansOfASubjectThatNeverCompleted() {
        assertThat(Summary.of(List.of(
                        Sample.failed("qemu", IDLE, Kind.MEASURED, 1, "why"),
                        samples().get(0))))
                .isEmpty();
    }

    @Test
    void shouldGiveAnIdleGuestFifteenMillisecondsAndABusyOneWhatQemuTakes() {
        List<Bar> bars = Bars.of(Summary.of(samples()), false);

        assertThat(bars)
                .extracting(Bar::what)
                .hasSize(4)
                .allSatisfy(what -> assertThat(what).contains("MB/s over"));
        assertThat(bars.get(0).measured()).isEqualTo(0.5, within(1e-9));
        assertThat(bars.get(1).limit()).isEqualTo(15);
        assertThat(bars.get(1).met()).isTrue();
        assertThat(bars.get(2).met()).isFalse();
        assertThat(bars.get(3).limit()).isEqualTo(160);
        assertThat(bars.get(3).verdict()).isEqualTo("MISSED by 40.0 ms (25 %)");
    }

    @Test
    void shouldCompareWithTlsByTimeAlone() {
        List<Bar> bars = Bars.of(
                Summary.of(List.of(
                        sample("godwit", BUSY, Kind.MEASURED, 900, 500),
                        sample("qemu-multifd2-tls", BUSY, Kind.MEASURED, 1000, 100))),
                false);

        assertThat(bars)
                .singleElement()
                .satisfies(bar -> assertThat(bar.measured()).isEqualTo(0.9));
    }

    @Test
    void shouldJudgePlansByHowFarTheyWereOffEitherWay() {
        List<Sample> planned = new ArrayList<>();
        for (int errorPercent : new int[] {-30, 10, 25}) {
            Figures figures = figures(1000, 10);
            ((ObjectNode) figures.own()).put("predictionErrorPercent", errorPercent);
            planned.add(Sample.of("godwit", IDLE, Kind.MEASURED, 1, figures));
        }

        assertThat(Bars.of(Summary.of(planned), true)).singleElement().satisfies(bar -> {
            assertThat(bar.measured()).isEqualTo(25);
            assertThat(bar.met()).isFalse();
        });
    }

    @Test
    void shouldHaveNoBarsWithoutQemu() {
        assertThat(Bars.of(Summary.of(List.of(sample("godwit", IDLE, Kind.MEASURED, 1, 1))), false))
                .isEmpty();
    }

    @Test
    void shouldWriteEverythingAsJsonAndTheSameMediansAsMarkdown() throws Exception {
        MachineFacts machine =
                new MachineFacts("2026-01-01T00:00:00Z", 2, "a CPU", 4096, "6.1", "25", "17", "", 3.5, 1.2, "abc");
        MigrationReport report = new MigrationReport(
                machine, Map.of("runs", "3"), List.of("The machine was not quiet."), samples(), false, true);

        Path file = ResultFiles.write(directory, "migration", report.asJson(), report.asMarkdown());

        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertThat(json.path("machine").path("loadAverage").asDouble()).isEqualTo(3.5);
        assertThat(json.path("samples")).hasSize(samples().size());
        assertThat(json.path("samples").get(0).path("kind").asText()).isEqualTo("FIRST");
        assertThat(json.path("samples")
                        .get(0)
                        .path("figures")
                        .path("own")
                        .path("status")
                        .asText())
                .isEqualTo("completed");
        assertThat(json.path("samples").get(14).path("figures").isNull()).isTrue();
        assertThat(json.path("medians").get(0).path("outsideMs").asDouble()).isEqualTo(1500);
        assertThat(json.path("bars").get(0).path("met").asBoolean()).isTrue();
        assertThat(Files.readString(directory.resolve("migration.md")))
                .contains("**The machine was not quiet.**")
                .contains("| 50 MB/s over 64 MiB | godwit | 1500 ms | 1480 ms | 15.0 ms | 13 ms |")
                .contains("3, 1 failed")
                .contains("godwit | godwit-sender 0.70 s |")
                .contains("1500 / 15.0, 1000 / 10.0, 2000 / 20.0")
                .contains("first 1: 9000 ms")
                .contains("FAILED: cancelled: | by");
    }

    @Test
    void shouldCallAMachineQuietThatOthersLeaveAlone() {
        assertThat(machine(0.2, 0.05).isQuiet()).isTrue();
        assertThat(machine(0.2, 0.5).isQuiet()).as("somebody is at work").isFalse();
        assertThat(machine(1.5, 0.0).isQuiet()).as("somebody just was").isFalse();
    }

    private static MachineFacts machine(double loadAverage, double busyCores) {
        return new MachineFacts("", 2, "", 0, "", "", "", "", loadAverage, busyCores, "");
    }
}
