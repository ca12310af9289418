package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.machine.CpuTimes;
import io.godwit.benchmarks.migration.Sample.Figures;
import io.godwit.benchmarks.migration.Subject.Outcome;
import io.godwit.vmm.probe.Blackout;
import io.godwit.vmm.probe.BlackoutWatch;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeCounters;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Optional;

/** One migration of any subject, measured the same way: by one clock and by the guest's own heartbeat. */
final class Measurement {
    /** The guest runs this long before it moves, so that caches and its pacing have settled. */
    private static final Duration SETTLE = Duration.ofSeconds(1);
    /** Between two readings of the heartbeat: short against any blackout, and 1 % of a core. */
    private static final Duration POLL = Duration.ofNanos(200_000);
    /** Between two questions whether it has ended, while the guest has not been seen at the target. */
    private static final Duration ASK = Duration.ofMillis(500);

    private final Subject subject;
    private final Duration limit;

    Measurement(Subject subject, Duration limit) {
        this.subject = subject;
        this.limit = limit;
    }

    /** A migration that failed, in the system's own words or ours. */
    static final class FailedMigration extends Exception {
        FailedMigration(String why) {
            super(why);
        }
    }

    /**
     * Migrates once; the guest is paused before and after.
     *
     * @throws FailedMigration when the migration did not complete or the guest found its memory wrong
     */
    Figures migrate() throws IOException, InterruptedException, FailedMigration {
        subject.resume();
        try {
            subject.prepareTarget();
            double dirtiedMBps = settle();
            return migrateRunning(dirtiedMBps);
        } finally {
            subject.pause();
        }
    }

    private double settle() throws InterruptedException {
        ProbeCounters before = counters(subject.sourceMemory());
        long startNs = System.nanoTime();
        Thread.sleep(SETTLE.toMillis());
        long written = counters(subject.sourceMemory()).bytesWritten() - before.bytesWritten();
        return written * 1e3 / (System.nanoTime() - startNs);
    }

    private Figures migrateRunning(double dirtiedMBps) throws IOException, InterruptedException, FailedMigration {
        GuestMemoryFile target = subject.targetMemory();
        CpuTimes before = CpuTimes.of(subject.pids());
        try (BlackoutWatch watch = BlackoutWatch.start(subject.sourceMemory(), target, POLL)) {
            long startNs = System.nanoTime();
            subject.begin();
            double outsideMs = awaitHandover(watch, startNs);
            CpuTimes atHandover = CpuTimes.of(subject.pids()); // threads of the migration end with it
            Outcome outcome = awaitOutcome(startNs);
            Blackout blackout = watch.stop();
            subject.awaitReleased(limit);
            CpuTimes after = CpuTimes.of(subject.pids()).withEndedOf(atHandover);
            subject.arrive(outcome.completed());
            if (!outcome.completed()) {
                throw new FailedMigration(outcome.failure());
            }
            checkGuest(target);
            Blackout.Silence silence = blackout.handover()
                    .orElseThrow(() -> new FailedMigration("the guest was not seen to run at the target"));
            return new Figures(
                    outsideMs,
                    outcome.totalMs(),
                    silence.atMostMs(),
                    silence.atLeastNs() / 1e6,
                    outcome.downtimeMs(),
                    outcome.transferredBytes(),
                    outcome.rounds(),
                    after.secondsSince(before),
                    dirtiedMBps,
                    blackout.longestPollGapNs() / 1e6,
                    after.byNameSince(before),
                    outcome.account());
        }
    }

    /** Milliseconds until the guest ran at the target; some number when the migration ended without that. */
    private double awaitHandover(BlackoutWatch watch, long startNs) throws IOException, InterruptedException {
        while (!watch.awaitHandover(ASK)) {
            Optional<Outcome> outcome = subject.outcome();
            if (isLate(startNs) || outcome.filter(end -> !end.completed()).isPresent()) {
                break;
            }
        }
        return (System.nanoTime() - startNs) / 1e6;
    }

    private Outcome awaitOutcome(long startNs) throws IOException, InterruptedException {
        while (true) {
            Optional<Outcome> outcome = subject.outcome();
            if (outcome.isPresent()) {
                return outcome.get();
            }
            if (isLate(startNs)) {
                throw new IOException(
                        "a migration of " + subject.name() + " did not end in " + limit.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }

    private boolean isLate(long startNs) {
        return System.nanoTime() - startNs > limit.toNanos();
    }

    private static void checkGuest(GuestMemoryFile memory) throws FailedMigration {
        ProbeCounters counters = counters(memory);
        if (counters.errors() > 0) {
            throw new FailedMigration("the guest found " + counters.errors() + " errors in its memory, the first at 0x"
                    + Long.toHexString(counters.firstErrorAddress()));
        }
    }

    /** The guest's counters, in the memory of the process that runs it. */
    static ProbeCounters counters(GuestMemoryFile memory) {
        try (ProbeWatch watch = ProbeWatch.open(memory)) {
            return watch.counters().orElseThrow(() -> new NoSuchElementException("no probe runs in " + memory));
        }
    }
}
