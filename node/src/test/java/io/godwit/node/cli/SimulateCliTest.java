package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ganeti.GeneratedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit simulate}, which asks no node. */
class SimulateCliTest extends CliHarness {
    @TempDir
    private Path directory;

    private String write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    @Test
    void shouldShowWhatBecomesOfADrainedHostAndWhy() throws IOException {
        write("cluster.data", GeneratedCluster.of(1, 4, 30).text());
        String scenario = write(
                "drain.conf",
                "inventory = cluster.data, duration = 1h, round = 10s, events = [ { at = 1m, drain = host0002 } ]");

        assertThat(run("simulate", scenario)).as(err).isZero();
        assertThat(out)
                .contains("00:01:00  drain host0002")
                .contains("host host0002 is draining")
                .contains("host host0002 is empty")
                .contains("no invariant violated");
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldPrintTheSameForTheSameSeed() throws IOException {
        String inventory = write("cluster.data", GeneratedCluster.of(1, 4, 30).text());

        assertThat(run("simulate", inventory, "--json", "--seed=3")).isZero();
        String first = out;
        assertThat(run("simulate", inventory, "--json", "--seed=3")).isZero();

        assertThat(out).isEqualTo(first).contains("\"violations\":[]").contains("\"measuredGain\":");
    }

    @Test
    void shouldNameEveryBrokenLine() throws IOException {
        String inventory =
                write("cluster.data", GeneratedCluster.of(1, 4, 30).text().replace("|running|", "|dreaming|"));

        assertThat(run("simulate", inventory)).isEqualTo(ExitCodes.USAGE);
        assertThat(err.lines())
                .hasSize(30)
                .allMatch(line -> line.contains("instance.status: \"dreaming\" is not accepted; expected one of ["));
        assertThat(run("simulate", write("x.conf", "pace = 3"))).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("line 1: pace: \"3\" is not accepted");
        assertThat(run("simulate", directory.resolve("nothing.conf").toString()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("cannot be read");
    }
}
