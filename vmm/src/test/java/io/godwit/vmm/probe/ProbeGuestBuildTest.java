package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeGuestBuildTest {
    private static final Path SOURCES = Path.of("..", "guests", "probe");
    private static final long BUILD_LIMIT_S = 120;

    @TempDir
    Path out;

    @Test
    void shouldBeWhatItsSourcesBuild() throws Exception {
        for (String tool : List.of("make", "gcc", "ld")) {
            assumeTrue(isInstalled(tool), tool + " is not installed: the probe was not rebuilt");
        }
        build();
        List<String> recorded = Files.readAllLines(SOURCES.resolve("toolchain.txt"));
        List<String> here = Files.readAllLines(out.resolve("toolchain.txt"));
        assumeTrue(
                here.equals(recorded),
                "the probe was built with " + recorded + "; here are " + here + ": its bytes were not compared");

        assertThat(Files.readAllBytes(out.resolve("probe.elf")))
                .as("guests/probe/probe.elf is not what its sources build: run make there and commit it")
                .isEqualTo(Files.readAllBytes(SOURCES.resolve("probe.elf")));
        assertThat(ProbeGuest.bytes())
                .as("the ELF on the class path")
                .isEqualTo(Files.readAllBytes(SOURCES.resolve("probe.elf")));
    }

    private static boolean isInstalled(String tool) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    }

    private void build() throws IOException, InterruptedException {
        Path log = out.resolve("make.log");
        Process make = new ProcessBuilder("make", "-B", "-C", SOURCES.toString(), "OUT=" + out)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(make.waitFor(BUILD_LIMIT_S, TimeUnit.SECONDS)).isTrue();
        } finally {
            make.destroyForcibly();
        }
        assertThat(make.exitValue()).as(Files.readString(log)).isZero();
    }
}
