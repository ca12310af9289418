package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ProbeWatchTest {
    private static final long MIB = 1 << 20;
    private static final long PID = ProcessHandle.current().pid();

    @Test
    void shouldFindAVmsMemfdByItsNameAndReadItsCounters() throws IOException {
        try (FakeGuestMemory guest = new FakeGuestMemory("godwit:watched", MIB);
                FakeGuestMemory other = new FakeGuestMemory("godwit:watched-too", MIB);
                ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "watched"))) {
            other.beat(99);
            assertThat(watch.counters()).isEmpty();
            guest.announce(1, 2);
            guest.beat(41);
            assertThat(watch.counters().orElseThrow().perVcpu().get(0).heartbeat())
                    .isEqualTo(41);
            guest.beat(42);
            assertThat(watch.heartbeat(0)).isEqualTo(42);
            assertThat(watch.heartbeat(1)).isZero();
        }
    }

    @Test
    void shouldChooseTheCopyInWhichTheGuestHasComeFurthest() throws IOException {
        try (FakeGuestMemory left = new FakeGuestMemory("godwit:twice", MIB);
                FakeGuestMemory running = new FakeGuestMemory("godwit:twice", MIB);
                FakeGuestMemory incoming = new FakeGuestMemory("godwit:twice", MIB)) {
            left.beat(7);
            running.beat(8);
            incoming.beat(6);
            try (ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "twice"))) {
                running.beat(9);
                assertThat(watch.heartbeat(0)).isEqualTo(9);
            }
        }
    }

    @Test
    void shouldNameTheProcessAndTheFileThatIsNotThere() {
        assertThatThrownBy(() -> ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "absent")))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining(PID + " has no file /memfd:godwit:absent (deleted)");
        assertThatThrownBy(() -> ProbeWatch.open(GuestMemoryFile.ofGodwit(Integer.MAX_VALUE, "absent")))
                .isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void shouldPassOverAMemfdThatHasNotGotItsSizeYet() throws IOException {
        try (FakeGuestMemory early = new FakeGuestMemory("godwit:early", 0)) {
            assertThatThrownBy(() -> ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "early")))
                    .isInstanceOf(NoSuchElementException.class);
            early.putLong(MIB, 1);
            ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "early")).close();
        }
    }

    @Test
    void shouldReportATruncatedMemfdAndLive() throws IOException {
        try (FakeGuestMemory guest = new FakeGuestMemory("godwit:cut", MIB);
                ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "cut"))) {
            guest.truncate(4096);
            assertThatThrownBy(() -> watch.heartbeat(0))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("ends at 0x1000");
        }
    }

    @Test
    void shouldGoOnReadingWhenTheGuestsProcessHasClosedItsMemory() throws IOException {
        FakeGuestMemory guest = new FakeGuestMemory("godwit:gone", MIB);
        try (ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "gone"))) {
            guest.beat(5);
            guest.close();
            assertThat(watch.heartbeat(0)).isEqualTo(5);
        }
    }

    @Test
    void shouldLeaveNoDescriptorOpen() throws IOException {
        try (FakeGuestMemory guest = new FakeGuestMemory("godwit:counted", MIB);
                FakeGuestMemory second = new FakeGuestMemory("godwit:counted", MIB)) {
            guest.beat(1);
            GuestMemoryFile memory = GuestMemoryFile.ofGodwit(PID, "counted");
            for (int i = 0; i < 20; i++) {
                ProbeWatch.open(memory).close();
            }
            assertThat(descriptorsNamed(memory.link()))
                    .as("memfd_create and its writer, twice")
                    .isEqualTo(4);
            second.beat(1);
        }
    }

    private static long descriptorsNamed(String link) throws IOException {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.filter(entry -> linkOf(entry).equals(link)).count();
        }
    }

    private static String linkOf(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    @Test
    void shouldRefuseAVcpuThatAProbeCannotHave() throws IOException {
        try (FakeGuestMemory guest = new FakeGuestMemory("godwit:vcpus", MIB);
                ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(PID, "vcpus"))) {
            guest.beat(1);
            assertThatThrownBy(() -> watch.heartbeat(64)).hasMessageContaining("0 to 63");
        }
    }

    @Test
    void shouldExtractABootableElf(@TempDir Path directory) throws IOException {
        Path elf = GuestKernel.PROBE.extractTo(directory.resolve("probe.elf"));
        assertThat(Files.readAllBytes(elf)).startsWith(0x7f, 'E', 'L', 'F').isEqualTo(GuestKernel.PROBE.bytes());
    }
}
