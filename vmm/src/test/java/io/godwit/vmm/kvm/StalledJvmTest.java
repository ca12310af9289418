package io.godwit.vmm.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.Kvm;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.vmm.kvm.DeadlineProbe.Keeper;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether a guest stops at its deadline while nothing of its JVM can run but vCPU threads. Needs root for ptrace. */
@Timeout(120)
class StalledJvmTest {
    private static final long LEFT_MS = 1_500;
    private static final long WATCHED_MS = 1_000;
    /** δ of the run permits: within that a guest has to stop. */
    private static final long DELTA_MS = 500;

    @TempDir
    Path directory;

    @BeforeEach
    void assumeTracing() {
        Assumptions.assumeTrue(Kvm.unavailableReason().isEmpty(), "no KVM here");
        Assumptions.assumeTrue(ProcessHandle.current().info().user().orElse("").equals("root"), "not root");
    }

    @Test
    void shouldStopAtTheDeadlineWithAllOtherThreadsOfTheJvmStopped() throws Exception {
        try (DeadlineProbe probe = start(Keeper.KERNEL)) {
            long untilNs = BoottimeClock.nowNs() + TimeUnit.MILLISECONDS.toNanos(LEFT_MS);
            probe.runUntil(untilNs);
            Seen seen = watchStalled(probe, untilNs);
            assertThat(seen.lastRanNs).as("it ran until shortly before").isGreaterThan(untilNs - 200_000_000);
            assertThat(ms(seen.lastRanNs - untilNs))
                    .as("ms behind the deadline")
                    .isLessThan(DELTA_MS);
            probe.awaitPassed(untilNs);
        }
    }

    @Test
    void shouldSeeAGuestRunOnThatOnlyAThreadOfTheJvmWouldStop() throws Exception {
        try (DeadlineProbe probe = start(Keeper.JVM_WATCHDOG)) {
            long untilNs = BoottimeClock.nowNs() + TimeUnit.MILLISECONDS.toNanos(LEFT_MS);
            probe.runUntil(untilNs);
            Seen seen = watchStalled(probe, untilNs);
            assertThat(ms(seen.lastRanNs - untilNs))
                    .as("ms behind the deadline")
                    .isGreaterThan(DELTA_MS);
        }
    }

    private DeadlineProbe start(Keeper keeper) throws IOException {
        Path kernel = GuestKernel.PROBE.extractTo(directory.resolve("probe.elf"));
        return DeadlineProbe.start(keeper, kernel, directory.resolve("log"));
    }

    /** @param lastRanNs the last instant after which the guest was seen to have run */
    private record Seen(long lastRanNs) {}

    private static Seen watchStalled(DeadlineProbe probe, long untilNs) throws IOException {
        try (ProbeWatch watch = ProbeWatch.open(probe.memory());
                StoppedThreads others =
                        StoppedThreads.of(probe.pid(), ("godwit-" + DeadlineProbe.VM + "-vcpu0")::equals)) {
            assertThat(others.count()).as("threads of the JVM that stand").isGreaterThan(5);
            assertThat(BoottimeClock.nowNs())
                    .as("all stood before the deadline")
                    .isLessThan(untilNs);
            long lastRanNs = 0;
            long worstGapNs = 0;
            long readNs = BoottimeClock.nowNs();
            long beat = watch.heartbeat(0);
            long endNs = untilNs + TimeUnit.MILLISECONDS.toNanos(WATCHED_MS);
            while (readNs < endNs) {
                // Before the reading: a guest that has moved on by the next one ran after this.
                long nowNs = BoottimeClock.nowNs();
                long next = watch.heartbeat(0);
                if (next != beat) {
                    lastRanNs = readNs;
                    worstGapNs = Math.max(worstGapNs, nowNs - readNs);
                }
                beat = next;
                readNs = nowNs;
            }
            System.out.printf(
                    "the guest was last seen to run %.3f ms behind its deadline, readings at most %.3f ms apart%n",
                    (lastRanNs - untilNs) / 1e6, worstGapNs / 1e6);
            return new Seen(lastRanNs);
        }
    }

    private static long ms(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(ns);
    }
}
