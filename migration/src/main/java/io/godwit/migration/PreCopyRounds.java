package io.godwit.migration;

import io.godwit.config.MigrationSettings;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.convergence.BandwidthEstimate;
import io.godwit.migration.convergence.Convergence;
import io.godwit.migration.convergence.Prediction;
import io.godwit.migration.convergence.RateEstimate;
import io.godwit.migration.convergence.Situation;
import io.godwit.migration.convergence.Verdict;
import io.godwit.transport.RoundSent;
import io.godwit.transport.stream.OutgoingStream;
import io.godwit.vmm.DirtyPages;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * The rounds: harvest dirty pages, ask {@link Convergence}, send. The first round is all of RAM. Dirty logging is on
 * from the first round to close. Used by the engine's thread, except {@link #change} and {@link #allowSwitchover}.
 */
final class PreCopyRounds implements AutoCloseable {
    /** Between harvests while there is nothing better to do than to keep the rest small. */
    private static final long MIN_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long MAX_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(80);

    /** A round counts as progress when it lowers the predicted downtime by a twentieth. */
    private static final double PROGRESS = 0.95;

    private final OutgoingContext context;
    private final OutgoingStream stream;
    private final EngineWaits waits;
    private final OutgoingFigures figures;
    private final GuestLayout layout;
    private final Convergence convergence;
    private final PageBitmap pages;
    private final BandwidthEstimate bandwidth = new BandwidthEstimate();
    private final RateEstimate dirtied = new RateEstimate(0.2);

    private DirtyPages.@Nullable View view;
    private volatile MigrationSettings settings;
    private volatile boolean settingsChanged;
    private volatile boolean mayPause;

    private long pending;
    private long harvestedNs;
    private long intervalNs = MIN_INTERVAL_NS;
    private double lowestDowntimeMs = Double.POSITIVE_INFINITY;
    private int roundsWithoutProgress;
    private int polishRounds;
    private boolean toldConverged;

    PreCopyRounds(OutgoingContext context, OutgoingStream stream, EngineWaits waits, OutgoingFigures figures) {
        this.context = context;
        this.stream = stream;
        this.waits = waits;
        this.figures = figures;
        this.settings = context.settings();
        this.layout = context.machine().memory().layout();
        this.convergence = new Convergence(context.policy());
        this.pages = new PageBitmap(layout.pageCount());
    }

    /** New limits; the verification mode stays what it was. Any thread. */
    void change(MigrationSettings changed) {
        settings = changed;
        settingsChanged = true;
        waits.nudge();
    }

    /** Any thread. */
    void allowSwitchover() {
        mayPause = true;
        waits.nudge();
    }

    /** Makes rounds until it is time to pause the machine. */
    Prediction untilSwitchover() {
        view = context.machine().dirtyPages().open();
        harvestedNs = context.nanoTime().getAsLong();
        pending = drain();
        figures.harvested(pending, stream.counters(), 0);
        sendPending();
        while (true) {
            harvest();
            Verdict verdict = convergence.decide(situation());
            Prediction prediction = verdict.prediction();
            if (verdict instanceof Verdict.SwitchOver) {
                figures.decided(true, prediction.downtimeMs());
                return prediction;
            }
            if (verdict instanceof Verdict.GiveUp giveUp) {
                figures.decided(false, prediction.downtimeMs());
                throw new MigrationException(giveUp.reason());
            }
            figures.decided(((Verdict.Continue) verdict).converging(), prediction.downtimeMs());
            tellConverged(prediction);
            boolean polishing = mayPause && prediction.fits();
            polishRounds = polishing ? polishRounds + 1 : 0;
            sendPending();
            if (!polishing) {
                untilNextHarvest();
            }
        }
    }

    /**
     * The last round; the machine stands still and its state is saved.
     *
     * @return pages sent
     */
    long sendRest() {
        drain();
        pending = pages.cardinality();
        long rest = pending;
        figures.harvested(rest, stream.counters(), dirtied.perSecond());
        sendPending();
        return rest;
    }

    private long drain() {
        return Objects.requireNonNull(view, "the first round comes first").drainTo(pages);
    }

    private void harvest() {
        long now = context.nanoTime().getAsLong();
        pending = drain();
        dirtied.add((double) (pending << GuestLayout.PAGE_SHIFT), (now - harvestedNs) / 1e9);
        harvestedNs = now;
        figures.harvested(pending, stream.counters(), dirtied.perSecond());
    }

    private Situation situation() {
        MigrationSettings limits = settings;
        if (settingsChanged) {
            settingsChanged = false;
            lowestDowntimeMs = Double.POSITIVE_INFINITY;
        }
        Situation now = new Situation(
                pending << GuestLayout.PAGE_SHIFT,
                dirtied.perSecond(),
                bandwidth.bytesPerSecond(limits.maxBandwidthBytesPerSecond()),
                context.switchoverCost().expectedMs(),
                limits.downtimeLimitMs(),
                figures.harvests(),
                roundsWithoutProgress,
                mayPause,
                polishRounds);
        double downtimeMs = now.prediction().downtimeMs();
        if (downtimeMs < lowestDowntimeMs * PROGRESS) {
            lowestDowntimeMs = downtimeMs;
            roundsWithoutProgress = 0;
        } else {
            roundsWithoutProgress++;
        }
        return now;
    }

    private void tellConverged(Prediction prediction) {
        if (prediction.fits() && !toldConverged) {
            toldConverged = true;
            context.listener().onConverged(prediction);
        }
    }

    private void sendPending() {
        waits.throwIfStopped();
        if (pending == 0) {
            intervalNs = Math.min(intervalNs * 2, MAX_INTERVAL_NS);
            return;
        }
        intervalNs = MIN_INTERVAL_NS;
        PageRanges ranges = new PageRanges(pages, layout);
        CompletionStage<RoundSent> sent =
                Source.fromIterator(() -> ranges).runWith(stream.round(figures.roundBegins()), context.materializer());
        RoundSent round = waits.await(sent);
        bandwidth.addRound(
                round.normalPages() << GuestLayout.PAGE_SHIFT,
                round.zeroPages() << GuestLayout.PAGE_SHIFT,
                round.elapsedNs() / 1e9);
        pages.clearAll();
        pending = 0;
    }

    private void untilNextHarvest() {
        waits.pause(harvestedNs + intervalNs - context.nanoTime().getAsLong());
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
