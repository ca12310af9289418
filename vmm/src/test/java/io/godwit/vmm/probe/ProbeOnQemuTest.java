package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class ProbeOnQemuTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration WINDOW = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    @BeforeEach
    void needsQemuAndKvm() {
        QemuProbe.assumePossible();
    }

    /**
     * What the guest wrote in a second of wall time, and in a second of running. On a busy machine the first falls
     * below what was asked for, which is not the probe's fault; the second never may, and the first never exceeds it.
     */
    private record Rates(double wallBytesPerSecond, double runBytesPerSecond) {
        static Rates measure(QemuProbe qemu, ProbeWatch watch, int vcpus) throws IOException {
            long startNs = System.nanoTime();
            long runBefore = qemu.vcpuRunNs();
            long before = watch.counters().orElseThrow().bytesWritten();
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> System.nanoTime() - startNs > WINDOW.toNanos());
            double written = watch.counters().orElseThrow().bytesWritten() - before;
            double runSeconds = (qemu.vcpuRunNs() - runBefore) / 1e9 / vcpus;
            return new Rates(written * 1e9 / (System.nanoTime() - startNs), written / runSeconds);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void shouldRunOnEveryVcpuAtTheRateAskedFor(int vcpus) throws Exception {
        double asked = 50e6;
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", vcpus, 256, "wss=64 rate=50 fill=128");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            ProbeCounters before = watch.counters().orElseThrow();
            assertThat(before.vcpus()).isEqualTo(vcpus);
            assertThat(before.vcpusStarted()).isEqualTo(vcpus);
            assertThat(before.fillBytes()).isEqualTo(128L << 20);

            Awaitility.await("a second at the rate asked for").atMost(LIMIT).untilAsserted(() -> {
                Rates rates = Rates.measure(qemu, watch, vcpus);
                assertThat(rates.wallBytesPerSecond()).isLessThan(asked * 1.2);
                assertThat(rates.runBytesPerSecond()).isGreaterThan(asked * 0.8);
            });

            ProbeCounters after = watch.counters().orElseThrow();
            assertThat(after.errors()).as(qemu.serial()).isZero();
            assertThat(after.tscBackwards()).isZero();
            for (int i = 0; i < vcpus; i++) {
                assertThat(after.perVcpu().get(i).heartbeat())
                        .isGreaterThan(before.perVcpu().get(i).heartbeat() + 10_000);
                assertThat(after.perVcpu().get(i).pagesWritten())
                        .isGreaterThan(before.perVcpu().get(i).pagesWritten());
                assertThat(after.perVcpu().get(i).pagesChecked())
                        .isGreaterThan(before.perVcpu().get(i).pagesChecked());
            }
            assertThat(qemu.serial()).contains("probe: " + vcpus + " of " + vcpus + " vCPUs", "probe: ready");
        }
    }

    @Test
    void shouldGoOnWithTheVcpusThatArrive() throws Exception {
        try (QemuProbe qemu =
                        QemuProbe.start(directory, "probe", 1, 64, "wss=8", "-smp", "1,cores=3,sockets=1,maxcpus=3");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            assertThat(watch.counters().orElseThrow().vcpus()).isEqualTo(3);
            assertThat(watch.counters().orElseThrow().vcpusStarted()).isEqualTo(1);
            assertThat(qemu.serial()).contains("going on with 1 of 3 vCPUs");
        }
    }

    @Test
    void shouldClipToRamAndNameOptionsItDoesNotKnow() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "wss=99 fill=5000 rate=no pattern=text");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            ProbeCounters counters = watch.counters().orElseThrow();
            assertThat(counters.fillBytes()).isBetween(48L << 20, 56L << 20);
            assertThat(counters.wssBytes()).isEqualTo(counters.fillBytes());
            assertThat(counters.rateBytesPerSecond()).isEqualTo(50_000_000);
            assertThat(qemu.serial())
                    .contains("option rate=no ignored", "fill clipped from 5000 to", "wss clipped from 99 to");
        }
    }

    @Test
    void shouldNoticeAPageThatSomebodyElseChanged() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "wss=4 rate=0 fill=32");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            assertThat(watch.counters().orElseThrow().errors()).isZero();
            long page = ProbeLayout.FILL_ADDRESS + (17 << 20);
            MemoryTampering.flipBit(qemu.memory(), page + 3000, 5);
            Awaitility.await("the flipped bit is found")
                    .atMost(LIMIT)
                    .until(() -> watch.counters().orElseThrow().errors() > 0);
            assertThat(watch.counters().orElseThrow().firstErrorAddress()).isEqualTo(page);
        }
    }

    @Test
    void shouldNoticeAPageThatIsWholeButOld() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "wss=4 rate=50");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            long page = ProbeLayout.FILL_ADDRESS + (2 << 20);
            MemoryTampering.putBackOldVersion(qemu.memory(), page);
            Awaitility.await("the old page is found")
                    .atMost(LIMIT)
                    .until(() -> watch.counters().orElseThrow().errors() > 0);
            assertThat(watch.counters().orElseThrow().firstErrorAddress()).isEqualTo(page);
        }
    }

    @Test
    void shouldWriteTheCodeAskedForToTheDebugExitPort() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "exit=21")) {
            assertThat(qemu.awaitExit(LIMIT)).isEqualTo(2 * 21 + 1);
        }
    }

    @Test
    void shouldReportAnException() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "fault=1")) {
            assertThat(qemu.awaitExit(LIMIT)).isEqualTo(2 * ProbeLayout.EXIT_EXCEPTION + 1);
            assertThat(qemu.serial()).containsPattern("vCPU 0 exception 14 .* cr2 0x9600000000");
        }
    }

    @Test
    void shouldResetOnceAndThenRun() throws Exception {
        try (QemuProbe qemu = QemuProbe.start(directory, "probe", 1, 64, "reset=1 wss=8");
                ProbeWatch watch = qemu.awaitReady(LIMIT)) {
            assertThat(watch.counters().orElseThrow().errors()).isZero();
            assertThat(qemu.serial()).containsOnlyOnce("reset by port 0x64").containsOnlyOnce("running after a reset");
        }
    }

    @Test
    void shouldMeasureTheBlackoutOfAQemuMigration() throws Exception {
        int vcpus = 2;
        String options = "wss=32 rate=50 fill=128";
        int port = freePort();
        try (QemuProbe source = QemuProbe.start(directory, "source", vcpus, 256, options);
                QemuProbe target = QemuProbe.start(
                        directory, "target", vcpus, 256, options, "-incoming", "tcp:127.0.0.1:" + port);
                ProbeWatch before = source.awaitReady(LIMIT)) {
            try (BlackoutWatch watch = BlackoutWatch.start(source.memory(), target.memory(), BlackoutWatch.BUSY)) {
                source.monitor("migrate -d tcp:127.0.0.1:" + port);
                assertThat(watch.awaitHandover(LIMIT)).isTrue();
                Blackout blackout = watch.stop();
                System.out.println("QEMU, " + options + ": " + blackout);
                assertThat(blackout.handover().orElseThrow().atLeastNs()).isPositive();
            }
            try (ProbeWatch after = ProbeWatch.open(target.memory())) {
                ProbeCounters left = before.counters().orElseThrow();
                Awaitility.await("all pages are checked at the target")
                        .atMost(LIMIT)
                        .until(() -> after.counters().orElseThrow().bytesChecked()
                                > left.bytesChecked() + 4 * left.fillBytes());
                assertThat(after.counters().orElseThrow().errors()).isZero();
                assertThat(after.counters().orElseThrow().bytesWritten()).isGreaterThan(left.bytesWritten());
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
