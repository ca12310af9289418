package io.godwit.migration;

import io.godwit.config.MigrationSettings;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.convergence.Course;
import io.godwit.migration.convergence.CurveRecorder;
import io.godwit.migration.convergence.DirtyCurve;
import io.godwit.migration.convergence.Ending;
import io.godwit.migration.convergence.Forecast;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.migration.convergence.Plan;
import io.godwit.migration.convergence.Prediction;
import io.godwit.migration.convergence.Verdict;
import io.godwit.transport.RoundSent;
import io.godwit.transport.stream.OutgoingStream;
import io.godwit.vmm.DirtyPages;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rounds: harvest dirty pages, ask the {@link Course}, send. The first round is all of RAM. Dirty logging is on
 * from the first round to close. Used by the engine's thread, except {@link #change}, {@link #allowSwitchover} and
 * {@link #finishNow}.
 */
final class PreCopyRounds implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PreCopyRounds.class);

    /** Between harvests while there is nothing better to do than to keep the rest small. */
    private static final long MIN_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long MAX_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(80);

    /** How often a round under way is looked at: whether it has to be left, and what the vCPUs dirty. */
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

    /** Between harvests for the dirty limit; each one takes all vCPUs out of the guest. */
    private static final long LIMIT_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The last round, and what follows it, fails when nothing goes out for this long: the machine stands still. */
    private static final Duration STALL_LIMIT = Duration.ofSeconds(10);

    private final OutgoingContext context;
    private final OutgoingStream stream;
    private final EngineWaits waits;
    private final OutgoingFigures figures;
    private final GuestLayout layout;
    private final Course course;
    private final PageBitmap pages;

    /** Dirtied since the last harvest, as far as a look has taken them from the log already. */
    private final PageBitmap ahead;

    private final VcpuThrottles throttles;

    private DirtyPages.@Nullable View view;
    private volatile MigrationSettings settings;
    private volatile boolean settingsChanged;
    private volatile boolean mayPause;

    /** Set before {@link #mayPause}. */
    private volatile long pauseAllowedNs;

    private volatile boolean finishNow;

    /** The round under way is to be left at its next range. */
    private volatile boolean cut;

    private long startedNs;
    private long pending;
    private long harvestedNs;
    private long limitedNs;
    private long intervalNs = MIN_INTERVAL_NS;
    private long pauseWantedNs;
    private @Nullable CurveRecorder firstRound;
    private boolean toldPauseWanted;
    private boolean toldOverdue;

    PreCopyRounds(OutgoingContext context, OutgoingStream stream, EngineWaits waits, OutgoingFigures figures) {
        this.context = context;
        this.stream = stream;
        this.waits = waits;
        this.figures = figures;
        this.settings = context.settings();
        this.layout = context.machine().memory().layout();
        this.course = new Course(context.policy());
        this.pages = new PageBitmap(layout.pageCount());
        this.ahead = new PageBitmap(layout.pageCount());
        this.throttles = new VcpuThrottles(
                context.machine().vcpus(),
                context.machine().dirtyPages(),
                context.nanoTime().getAsLong());
    }

    /** New limits; the verification mode stays what it was. Any thread. */
    void change(MigrationSettings changed) {
        settings = changed;
        settingsChanged = true;
        waits.nudge();
    }

    /** Any thread. */
    void allowSwitchover() {
        if (!mayPause) {
            pauseAllowedNs = context.nanoTime().getAsLong();
        }
        mayPause = true;
        waits.nudge();
    }

    /** Any thread. */
    void finishNow() {
        finishNow = true;
        waits.nudge();
    }

    /** Makes rounds until it is time to pause the machine. */
    Prediction untilSwitchover() {
        context.experience().switchover().begun();
        view = context.machine().dirtyPages().open();
        startedNs = context.nanoTime().getAsLong();
        harvestedNs = startedNs;
        limitedNs = startedNs;
        firstRound = new CurveRecorder(startedNs);
        pending = view.drainTo(pages);
        course.begun(pending << GuestLayout.PAGE_SHIFT);
        harvested(pending, 0);
        sendPending();
        while (true) {
            harvest();
            Verdict verdict = decide();
            if (verdict instanceof Verdict.SwitchOver || verdict instanceof Verdict.Suspend) {
                learn();
                return verdict.prediction();
            }
            carryOn(verdict);
            sendPending();
            if (!course.isPolishing() && !cut) {
                untilNextHarvest();
            }
        }
    }

    private Verdict decide() {
        if (settingsChanged) {
            settingsChanged = false;
            course.limitsChanged();
        }
        Verdict verdict = course.decide(
                settings, context.experience().switchover().expectedMs(), mayPause, elapsedMs(), finishNow);
        boolean converging = verdict instanceof Verdict.Continue go ? go.converging() : isPause(verdict);
        figures.decided(converging, verdict.prediction().downtimeMs());
        return verdict;
    }

    private static boolean isPause(Verdict verdict) {
        return verdict instanceof Verdict.SwitchOver || verdict instanceof Verdict.Suspend;
    }

    private void carryOn(Verdict verdict) {
        if (verdict instanceof Verdict.GiveUp giveUp) {
            throw new MigrationException(giveUp.reason());
        } else if (verdict instanceof Verdict.Cancel cancel) {
            throw new CancelledException(cancel.reason());
        } else if (verdict instanceof Verdict.Throttle throttle) {
            throttles.step(throttle.percent(), context.nanoTime().getAsLong());
            LOG.info(
                    "migration {}: vCPUs that dirty are held back by {} percent: {}",
                    context.stream().migrationId(),
                    throttle.percent(),
                    throttle.prediction());
        }
        figures.throttled(throttles.mostPercent());
        if (course.fitsSoon()) {
            wantPause(verdict.prediction());
        }
        heedEnding();
    }

    private double elapsedMs() {
        return (context.nanoTime().getAsLong() - startedNs) / 1e6;
    }

    /** What the clock or an operator asks for, between rounds and within one. */
    private void heedEnding() {
        switch (Ending.of(settings.ending(), elapsedMs(), finishNow)) {
            case NONE -> cut = false;
            case OVERDUE -> {
                cut = false;
                tellOverdue();
            }
            case PAUSE -> {
                if (!finishNow) {
                    tellOverdue();
                }
                wantPause(new Prediction(
                        Double.POSITIVE_INFINITY,
                        context.experience().switchover().expectedMs(),
                        settings.downtimeLimitMs()));
                cut = mayPause;
            }
            case CANCEL -> {
                tellOverdue();
                // Between rounds the verdict says so itself, with what it knows of them.
                cut = true;
            }
        }
    }

    private void tellOverdue() {
        if (!toldOverdue) {
            toldOverdue = true;
            context.listener().onOverdue(settings.ending());
        }
    }

    private void wantPause(Prediction prediction) {
        if (!toldPauseWanted) {
            toldPauseWanted = true;
            pauseWantedNs = context.nanoTime().getAsLong();
            context.listener().onConverged(prediction);
        }
    }

    /** What this migration has shown makes the next plans of this host better. */
    private void learn() {
        if (toldPauseWanted) {
            context.experience().observePrepare(Math.max(0, pauseAllowedNs - pauseWantedNs) / 1e6);
        }
        context.experience().observeBandwidth(course.measuredBytesPerSecond(), settings.maxBandwidthBytesPerSecond());
    }

    /**
     * The last round, the machine's state and the stream's end; the machine stands still.
     *
     * @return pages sent
     */
    long sendRest(byte[] state) {
        cut = false;
        drain();
        pages.or(ahead);
        ahead.clearAll();
        long rest = pages.cardinality();
        harvested(rest, course.dirtyBytesPerSecond());
        awaitMoving(stream.finish(figures.roundBegins(), new PageRanges(pages, layout), state));
        pending = 0;
        return rest;
    }

    /** Takes the log's pages to those that are {@link #ahead}. */
    private void drain() {
        Objects.requireNonNull(view, "the first round comes first").drainTo(ahead);
    }

    private void harvest() {
        long now = context.nanoTime().getAsLong();
        drain();
        limitVcpus(now);
        long fresh = ahead.cardinality();
        CurveRecorder recording = firstRound;
        firstRound = null;
        pages.or(ahead);
        ahead.clearAll();
        pending = pages.cardinality();
        course.harvested(fresh << GuestLayout.PAGE_SHIFT, pending << GuestLayout.PAGE_SHIFT, (now - harvestedNs) / 1e9);
        harvestedNs = now;
        harvested(pending, course.dirtyBytesPerSecond());
        if (recording != null) {
            foresee(recording.end(now, fresh << GuestLayout.PAGE_SHIFT));
        }
    }

    private void harvested(long dirtyPages, double bytesPerSecond) {
        figures.harvested(dirtyPages, stream.counters(), bytesPerSecond);
        context.listener().onPass(figures.harvests());
    }

    /** The first round has shown what the guest dirties and the link carries: what is to be expected of the others. */
    private void foresee(DirtyCurve curve) {
        HostExperience host = context.experience();
        double carried = course.measuredBytesPerSecond();
        double inRoundsMs = elapsedMs();
        Forecast.Start rest = new Forecast.Start(
                layout.pageCount() << GuestLayout.PAGE_SHIFT,
                pending << GuestLayout.PAGE_SHIFT,
                0,
                context.machine().vcpus().size(),
                curve,
                carried > 0 ? carried : host.bytesPerSecond(),
                new Forecast.Overheads(
                        figures.elapsedMs() - inRoundsMs,
                        host.prepareMs(),
                        host.switchover().expectedMs()),
                inRoundsMs,
                figures.harvests() - 1);
        Plan plan = Forecast.of(rest, settings, context.policy());
        if (plan.converges()) {
            figures.predicted((double) plan.totalMs(), (double) plan.downtimeMs());
        }
    }

    private void limitVcpus(long now) {
        throttles.limit(settings.throttle().vcpuDirtyBytesPerSecond(), now);
        limitedNs = now;
        figures.throttled(throttles.mostPercent());
    }

    private void sendPending() {
        waits.throwIfStopped();
        if (pending == 0) {
            intervalNs = Math.min(intervalNs * 2, MAX_INTERVAL_NS);
            return;
        }
        if (cut) {
            return;
        }
        intervalNs = MIN_INTERVAL_NS;
        Round round = beginRound();
        ended(round, waits.awaitWatching(round.sending, this::lookAtRound, LOOK_INTERVAL));
    }

    /** Waits for what the stream does while the machine stands still: as long as bytes go out. */
    private <T> T awaitMoving(CompletionStage<T> stage) {
        return waits.awaitMoving(stage, () -> stream.counters().wireBytes(), STALL_LIMIT);
    }

    /** A round on its way. */
    private record Round(PageRanges ranges, CompletionStage<RoundSent> sending) {}

    private Round beginRound() {
        long limit = settings.maxBandwidthBytesPerSecond();
        double carried = course.measuredBytesPerSecond();
        PageRanges ranges =
                new PageRanges(pages, layout, PageRanges.pagesFor(limit > 0 ? (double) limit : carried), () -> cut);
        return new Round(
                ranges,
                Source.fromIterator(() -> ranges).runWith(stream.round(figures.roundBegins()), context.materializer()));
    }

    private void ended(Round round, RoundSent sent) {
        course.sent(
                sent.normalPages() << GuestLayout.PAGE_SHIFT,
                sent.zeroPages() << GuestLayout.PAGE_SHIFT,
                sent.elapsedNs() / 1e9);
        round.ranges.clearTaken();
        pending = 0;
    }

    private void lookAtRound() {
        heedEnding();
        long now = context.nanoTime().getAsLong();
        CurveRecorder recording = firstRound;
        if (recording != null) {
            recording.lookIfDue(now, () -> {
                drain();
                return ahead.cardinality() << GuestLayout.PAGE_SHIFT;
            });
        }
        if (settings.throttle().vcpuDirtyBytesPerSecond() > 0 && now - limitedNs >= LIMIT_INTERVAL_NS) {
            drain();
            limitVcpus(now);
        }
    }

    private void untilNextHarvest() {
        waits.pause(harvestedNs + intervalNs - context.nanoTime().getAsLong());
    }

    /** The vCPUs run freely from now on. Any thread; idempotent. */
    void liftThrottles() {
        throttles.lift();
        figures.throttled(0);
    }

    /** Dirty logging ends, unless others look too. Idempotent. */
    @Override
    public void close() {
        DirtyPages.View open = view;
        view = null;
        if (open != null) {
            open.close();
        }
    }
}
