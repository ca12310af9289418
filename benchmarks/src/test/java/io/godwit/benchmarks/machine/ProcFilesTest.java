package io.godwit.benchmarks.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ProcFilesTest {
    @Test
    void shouldCountAllButIdleTimeAsBusy() {
        // user 10, nice 1, system 5, idle 900, iowait 80, irq 2, softirq 3, steal 4; guest time is in user already
        assertThat(BusyTime.busyTicks("cpu  10 1 5 900 80 2 3 4 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
                .isEqualTo(25);
    }

    @Test
    void shouldFindAProcessesTimesBehindANameWithBracketsAndBlanks() {
        String stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 5 0 0";

        assertThat(CpuTimes.secondsOf(stat)).isEqualTo(3.0);
        assertThat(CpuTimes.onCpuNs("536626 62823 1\n")).isEqualTo(536_626);
    }

    @Test
    void shouldCountTheTimeOfThreadsThatEnded() throws Exception {
        List<Long> self = List.of(ProcessHandle.current().pid());
        CpuTimes before = CpuTimes.of(self);
        CountDownLatch seen = new CountDownLatch(1);
        CountDownLatch spun = new CountDownLatch(1);
        Thread busy = new Thread(
                () -> {
                    spin();
                    spun.countDown();
                    awaitQuietly(seen);
                },
                "spinning-7");
        busy.start();
        spun.await();
        CpuTimes meanwhile = CpuTimes.of(self);
        seen.countDown();
        busy.join();
        // The JVM lets go of a thread a moment before the kernel does.
        CpuTimes after = await().until(
                        () -> CpuTimes.of(self), now -> !now.byNameSince(before).containsKey("spinning-N"));

        assertThat(after.secondsSince(before)).isGreaterThan(0.15);
        assertThat(after.byNameSince(before).get(CpuTimes.ENDED)).isGreaterThan(0.1);
        assertThat(after.withEndedOf(meanwhile).byNameSince(before).get("spinning-N"))
                .isGreaterThan(0.1);
        assertThat(after.withEndedOf(meanwhile).secondsSince(before)).isEqualTo(after.secondsSince(before));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until this thread has had 200 ms of CPU. */
    private static void spin() {
        var threads = java.lang.management.ManagementFactory.getThreadMXBean();
        while (threads.getCurrentThreadCpuTime() < 200_000_000) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldPutTheLargestFirst() {
        assertThat(CpuTimes.largestFirst(Map.of("a", 1.0, "b", 3.0, "c", 2.0)).keySet())
                .containsExactly("b", "c", "a");
    }

    @Test
    void shouldReadADevicesCountersWithOrWithoutABlankBehindItsName() throws Exception {
        String devices = """
                Inter-|   Receive                                                |  Transmit
                 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
                    lo:  100       2    0    0    0     0          0         0      300       4    0    0    0     0       0          0
                v-alpha:77       1    0    0    0     0          0         0       88       1    0    0    0     0       0          0
                """;

        assertThat(NetworkDevice.parse(devices, "lo")).isEqualTo(new NetworkDevice(100, 300));
        assertThat(NetworkDevice.parse(devices, "v-alpha")).isEqualTo(new NetworkDevice(77, 88));
        assertThatThrownBy(() -> NetworkDevice.parse(devices, "v-alph"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("v-alph");
    }

    @Test
    void shouldSayWhatACommandPrintedWhenItFails() {
        assertThatThrownBy(() -> Command.run("sh", "-c", "echo because; exit 3"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ended with 3")
                .hasMessageContaining("because");
        assertThat(Command.firstLine("/nowhere/at-all")).isEmpty();
    }
}
