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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GuestBuildTest {
    private static final long BUILD_LIMIT_S = 120;

    @TempDir
    Path out;

    static Stream<Arguments> guests() {
        return Stream.of(
                Arguments.of("probe", GuestKernel.PROBE.bytes()),
                Arguments.of("drive", GuestKernel.DRIVE.bytes()),
                Arguments.of("echo", GuestKernel.ECHO.bytes()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("guests")
    void shouldBeWhatItsSourcesBuild(String guest, byte[] onClassPath) throws Exception {
        Path sources = Path.of("..", "guests", guest);
        String elf = guest + ".elf";
        for (String tool : List.of("make", "gcc", "ld")) {
            assumeTrue(isInstalled(tool), tool + " is not installed: the guest was not rebuilt");
        }
        build(sources);
        List<String> recorded = Files.readAllLines(sources.resolve("toolchain.txt"));
        List<String> here = Files.readAllLines(out.resolve("toolchain.txt"));
        assumeTrue(
                here.equals(recorded),
                guest + " was built with " + recorded + "; here are " + here + ": its bytes were not compared");

        assertThat(Files.readAllBytes(out.resolve(elf)))
                .as("%s is not what its sources build: run make there and commit it", sources.resolve(elf))
                .isEqualTo(Files.readAllBytes(sources.resolve(elf)));
        assertThat(onClassPath).as("the ELF on the class path").isEqualTo(Files.readAllBytes(sources.resolve(elf)));
    }

    private static boolean isInstalled(String tool) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    }

    private void build(Path sources) throws IOException, InterruptedException {
        Path log = out.resolve("make.log");
        Process make = new ProcessBuilder("make", "-B", "-C", sources.toString(), "OUT=" + out)
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
