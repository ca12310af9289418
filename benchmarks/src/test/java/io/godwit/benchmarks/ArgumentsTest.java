package io.godwit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is refused before anything is started. */
class ArgumentsTest {
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Benchmarks.create().setErr(new PrintWriter(err)).execute(arguments);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "migration --loads fast; fast",
                "migration --runs 0; --runs 0",
                "migration --runs many; many",
                "migration --warm-up -1; --warm-up -1",
                "migration --memory 1; --memory 1",
                "migration --only xen; xen",
                "migration --qemu multifd; multifd",
                "migration --param []; --param []",
                "migration --param {}{}; --param {}{}",
                "migration --param null; --param null",
                "migration --downtime-limit 0; --downtime-limit 0",
                "migration --jdk /nowhere; /nowhere",
                "bandwidth --limits 0; --limits",
                "bandwidth --seconds 1; --seconds",
                "link --mtu 576; --mtu",
                "link --load 1@2@3; 1@2@3",
                "migration --colour blue; --colour",
                "nonsense; nonsense"
            })
    void shouldRefuseWithTheValueAndTheUsualCode(String line, String named) {
        assertThat(run(line.split(" "))).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains(named);
    }

    @Test
    void shouldExplainEachBenchmark() {
        StringWriter out = new StringWriter();
        for (String benchmark : new String[] {"migration", "bandwidth", "link"}) {
            assertThat(Benchmarks.create().setOut(new PrintWriter(out)).execute(benchmark, "--help"))
                    .isZero();
        }
        assertThat(out.toString()).contains("--loads").contains("--limits").contains("--mbit");
    }
}
