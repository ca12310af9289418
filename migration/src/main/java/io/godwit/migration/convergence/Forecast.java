package io.godwit.migration.convergence;

import io.godwit.config.MigrationSettings;
import io.godwit.config.TimeoutAction;

/**
 * Runs a migration that has not happened: the same {@link Course} as the engine's, over rounds that last as long as
 * their bytes take on the link, and a guest that dirties along its {@link DirtyCurve}.
 */
public final class Forecast {
    /** After so many rounds without progress, and no limit that will move, nothing else is going to happen. */
    private static final int HOPELESS_ROUNDS = 20;

    private static final int MAX_ROUNDS = 100_000;

    /** The engine's: between harvests that found nothing to do. */
    private static final double MIN_INTERVAL_MS = 10;

    private final Start start;
    private final MigrationSettings settings;
    private final Course course;
    private final double bytesPerSecond;

    private double nowMs;
    private double pageBytes;
    private double zeroBytes;
    private double transferred;
    private double pauseWantedMs = -1;
    private int rounds;
    private int hopeless;
    private int throttlePercent;

    /**
     * What is known before it begins, or of what is left of it.
     *
     * @param memoryBytes of RAM
     * @param pageBytes of it to be sent as such in the next round
     * @param zeroBytes of it in pages that are all zero, so that only markers are sent
     * @param curve what the guest dirties
     * @param bytesPerSecond that the link carries, without the operator's limit
     * @param overheads what comes beside the rounds
     * @param elapsedMs since the first round began, 0 before it
     * @param harvests made and sent so far, 0 before the first round
     */
    public record Start(
            long memoryBytes,
            long pageBytes,
            long zeroBytes,
            int vcpus,
            DirtyCurve curve,
            double bytesPerSecond,
            Overheads overheads,
            double elapsedMs,
            int harvests) {
        /** Of a migration that has not begun. */
        public Start(
                long memoryBytes,
                long pageBytes,
                long zeroBytes,
                int vcpus,
                DirtyCurve curve,
                double bytesPerSecond,
                Overheads overheads) {
            this(memoryBytes, pageBytes, zeroBytes, vcpus, curve, bytesPerSecond, overheads, 0, 0);
        }
    }

    /**
     * @param setupMs until the first round
     * @param prepareMs until the ledger allows the pause
     * @param switchoverMs of the pause, beside sending pages
     */
    public record Overheads(double setupMs, double prepareMs, double switchoverMs) {
        public static Overheads of(HostExperience host) {
            return new Overheads(
                    host.setupMs(), host.prepareMs(), host.switchover().expectedMs());
        }
    }

    private Forecast(Start start, MigrationSettings settings, ConvergencePolicy policy) {
        this.start = start;
        this.settings = settings;
        long limit = settings.maxBandwidthBytesPerSecond();
        this.bytesPerSecond = limit > 0 ? Math.min((double) limit, start.bytesPerSecond()) : start.bytesPerSecond();
        BandwidthEstimate bandwidth = new BandwidthEstimate();
        bandwidth.addRound((long) bytesPerSecond, 0, 1);
        this.course = new Course(policy, bandwidth);
    }

    public static Plan of(Start start, MigrationSettings settings, ConvergencePolicy policy) {
        return new Forecast(start, settings, policy).run();
    }

    private Plan run() {
        course.begun(start.memoryBytes(), start.harvests());
        nowMs = start.elapsedMs();
        pageBytes = start.pageBytes();
        zeroBytes = start.zeroBytes();
        double harvestedMs = nowMs;
        round();
        while (true) {
            double seconds = (nowMs - harvestedMs) / 1000;
            double dirtied = dirtiedIn(seconds);
            harvestedMs = nowMs;
            pageBytes = Math.min(pageBytes + dirtied, (double) start.memoryBytes());
            course.harvested((long) dirtied, (long) pageBytes, seconds);
            Verdict verdict = course.decide(settings, start.overheads().switchoverMs(), mayPause(), nowMs, false);
            throttlePercent = Math.max(throttlePercent, course.throttlePercent());
            if (verdict instanceof Verdict.SwitchOver) {
                return paused("");
            } else if (verdict instanceof Verdict.Suspend suspend) {
                return paused(suspend.reason());
            } else if (verdict instanceof Verdict.Cancel cancel) {
                return unfinished(cancel.reason());
            } else if (verdict instanceof Verdict.GiveUp giveUp) {
                return unfinished(giveUp.reason());
            }
            if (isHopeless(verdict)) {
                return unfinished(String.format(
                        "does not converge: %.1f MB/s are dirtied and %.1f MB/s sent; %s",
                        course.dirtyBytesPerSecond() / 1e6, bytesPerSecond / 1e6, verdict.prediction()));
            }
            if (pauseWantedMs < 0 && (course.fitsSoon() || ending() == Ending.PAUSE)) {
                pauseWantedMs = nowMs;
            }
            round();
        }
    }

    private double dirtiedIn(double seconds) {
        double free = start.curve().bytesIn(seconds * (100 - course.throttlePercent()) / 100);
        long limit = settings.throttle().vcpuDirtyBytesPerSecond();
        double allowed = limit > 0 ? (double) limit * start.vcpus() * seconds : Double.MAX_VALUE;
        return Math.min(Math.min(free, allowed), (double) start.memoryBytes());
    }

    private boolean mayPause() {
        return pauseWantedMs >= 0 && nowMs >= pauseWantedMs + start.overheads().prepareMs();
    }

    private Ending ending() {
        return Ending.of(settings.ending(), nowMs, false);
    }

    /** Sends what is pending, or as much of it as there is time for. */
    private void round() {
        rounds += pageBytes > 0 ? 1 : 0;
        double fullMs =
                pageBytes / bytesPerSecond * 1000 + zeroBytes / BandwidthEstimate.ZERO_SCAN_BYTES_PER_SECOND * 1000;
        double untilMs = cutMs();
        double sendMs = Math.min(fullMs, Math.max(0, untilMs - nowMs));
        double part = fullMs == 0 ? 1 : sendMs / fullMs;
        transferred += pageBytes * part;
        course.sent((long) (pageBytes * part), (long) (zeroBytes * part), sendMs / 1000);
        pageBytes *= 1 - part;
        zeroBytes *= 1 - part;
        double restMs = course.isPolishing() ? 0 : Math.max(0, MIN_INTERVAL_MS - sendMs);
        nowMs += sendMs + Prediction.ROUND_OVERHEAD_MS + restMs;
    }

    /** When a round is left although pages are pending: the end was asked for. */
    private double cutMs() {
        boolean acts = settings.ending().timeoutMs() > 0 && settings.ending().timeoutAction() != TimeoutAction.IGNORE;
        if (!acts) {
            return Double.MAX_VALUE;
        }
        if (ending() == Ending.NONE) {
            return settings.ending().timeoutMs();
        }
        return pauseWantedMs + start.overheads().prepareMs();
    }

    /** Whether rounds go on without anything that could still change. */
    private boolean isHopeless(Verdict verdict) {
        boolean endsSomehow = settings.ending().quicklyFinish()
                && AllowedPause.ms(settings, start.harvests() + rounds) < AllowedPause.CEILING_MS;
        boolean timeoutAhead = settings.ending().timeoutMs() > 0 && ending() == Ending.NONE;
        boolean idle = verdict instanceof Verdict.Continue go && !go.converging();
        hopeless = idle && !endsSomehow && !timeoutAhead ? hopeless + 1 : 0;
        return hopeless >= HOPELESS_ROUNDS || rounds >= MAX_ROUNDS;
    }

    private Plan paused(String reason) {
        rounds++;
        transferred += pageBytes;
        return plan(true, reason, downtimeMs());
    }

    private Plan unfinished(String reason) {
        return plan(false, reason, downtimeMs());
    }

    private double downtimeMs() {
        return pageBytes / bytesPerSecond * 1000 + start.overheads().switchoverMs();
    }

    private Plan plan(boolean converges, String reason, double downtimeMs) {
        double totalMs = start.overheads().setupMs() + nowMs + (converges ? downtimeMs : 0);
        return new Plan(
                converges,
                reason,
                rounds,
                Math.round(totalMs),
                Math.round(downtimeMs),
                (long) transferred,
                throttlePercent);
    }
}
