package io.godwit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.godwit.benchmarks.machine.Command;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark still measures: a small guest, one migration of each. Its figures are not looked at. */
@Tag("bars")
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class MigrationBenchmarkIT {
    @TempDir
    private Path results;

    @Test
    void shouldMeasureGodwitAndEachVariantOfQemu() throws Exception {
        Host.assumeKvm();
        assumeTrue(
                Command.firstLine("qemu-system-x86_64", "--version").isPresent(),
                "skipped: there is no qemu-system-x86_64 here");
        assumeTrue(Command.firstLine("openssl", "version").isPresent(), "skipped: there is no openssl here");

        int code = Benchmarks.create()
                .execute(
                        "migration",
                        "--memory=64",
                        "--loads=50",
                        "--runs=1",
                        "--warm-up=1",
                        "--qemu=qemu,qemu-multifd2,qemu-multifd2-tls",
                        "--profile",
                        "--out=" + results);

        assertThat(code).isZero();
        JsonNode json =
                new ObjectMapper().readTree(results.resolve("migration.json").toFile());
        assertThat(json.path("samples")).hasSize(8).allSatisfy(sample -> {
            assertThat(sample.path("failure").asText()).isEmpty();
            assertThat(sample.path("figures").path("outsideMs").asDouble()).isPositive();
            assertThat(sample.path("figures").path("transferredBytes").asLong()).isGreaterThan(48 << 20);
        });
        assertThat(json.path("medians")).hasSize(4);
        assertThat(json.path("bars")).hasSize(3);
        assertThat(results.resolve("migration.md")).content().contains("qemu-multifd2-tls");
        assertThat(Files.size(results.resolve("alpha.jfr"))).isPositive();
    }

    @Test
    void shouldTakePartsAndPassParametersThrough() throws Exception {
        Host.assumeKvm();

        int code = Benchmarks.create()
                .execute(
                        "migration",
                        "--memory=64",
                        "--loads=0",
                        "--runs=1",
                        "--warm-up=0",
                        "--only=godwit",
                        "--param={\"verify\":\"none\"}",
                        "--out=" + results);

        assertThat(code).isZero();
        JsonNode json =
                new ObjectMapper().readTree(results.resolve("migration.json").toFile());
        assertThat(json.path("samples")).singleElement().satisfies(sample -> {
            assertThat(sample.path("subject").asText()).isEqualTo("godwit");
            assertThat(sample.path("figures").path("own").path("verified").isNull())
                    .isTrue();
        });
    }
}
