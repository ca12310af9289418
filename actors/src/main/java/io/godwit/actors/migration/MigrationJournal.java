package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.config.EndingSettings;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.convergence.Plan;
import io.godwit.migration.digest.MemoryComparison;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One side's account of a migration: written by its actor, read by any thread through {@link MigrationBook}, and told
 * to operators as events whenever the status changes.
 */
final class MigrationJournal {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationJournal.class);

    private final NodeServices node;
    private final EventHold events;
    private final String migrationId;
    private final VmRecord vm;
    private final String from;
    private final String to;
    private final String role;
    private final Supplier<MigrationParameters> parameters;
    private final long startedAtEpochMs = System.currentTimeMillis();
    private final long startedNs = System.nanoTime();

    private volatile MigrationStatus status = MigrationStatus.NONE;
    private volatile String reason = "";
    private volatile @Nullable Supplier<MigrationProgress> engine;
    private volatile long setupMs;
    private volatile long pausedNs;
    private volatile long downtimeMs;
    private volatile long totalMs;
    private volatile @Nullable Boolean verified;
    private volatile @Nullable Plan expectation;
    private volatile boolean encrypted;
    private volatile boolean closed;
    private volatile boolean standing;
    private volatile boolean stays;

    /** @param parameters what it goes by now; asked by any thread */
    MigrationJournal(
            NodeServices node,
            String migrationId,
            VmRecord vm,
            String from,
            String to,
            String role,
            Supplier<MigrationParameters> parameters) {
        this.node = node;
        this.events = new EventHold(node.events()::publish);
        this.migrationId = migrationId;
        this.vm = vm;
        this.from = from;
        this.to = to;
        this.role = role;
        this.parameters = parameters;
        node.migrations().open(migrationId, this::view);
    }

    /** What it is expected to be like, if anybody knows before its first round shows more. */
    void expects(@Nullable Plan plan) {
        expectation = plan == null || plan.converges() ? plan : null;
    }

    void engine(Supplier<MigrationProgress> progress) {
        engine = progress;
        setupMs = sinceStartMs();
    }

    /** Its frames are sealed. */
    void sealed() {
        encrypted = true;
    }

    /** The guest is about to be paused. */
    void pausing() {
        pausedNs = System.nanoTime();
        events.hold();
    }

    /** The guest stands still at the other side, and waits for this one. */
    void waitedFor() {
        events.hold();
    }

    /** The guest runs again, here or there. */
    void runsAgain() {
        if (pausedNs != 0 && downtimeMs == 0) {
            downtimeMs = Math.max(1, (System.nanoTime() - pausedNs) / 1_000_000);
        }
        events.release();
    }

    /** A running guest has paused at its source for the switchover; too late once it was told to go on there. */
    void guestStopped() {
        if (!standing && !stays) {
            standing = true;
            tell("migration.guest-stopped");
        }
    }

    /** The guest is to go on at its source. */
    void guestStays() {
        stays = true;
    }

    /** The guest runs again at its source. */
    void guestGoesOn() {
        if (standing) {
            standing = false;
            tell("migration.guest-resumed");
        }
    }

    long downtimeMs() {
        return downtimeMs;
    }

    /** From the request until the first round. */
    double untilFirstRoundMs() {
        Supplier<MigrationProgress> supplier = engine;
        return setupMs + (supplier == null ? 0 : supplier.get().setupMs());
    }

    void verified(boolean equal) {
        verified = equal;
    }

    /** What comparing both ends' memory has shown, or why it has shown nothing. */
    void compared(@Nullable MemoryComparison comparison, @Nullable String failure) {
        if (comparison == null) {
            LOG.warn("migration {}: memory was not compared: {}", migrationId, failure);
            return;
        }
        verified(comparison.isEqual());
        if (!comparison.isEqual()) {
            LOG.error("migration {}: {}", migrationId, comparison);
            tell("migration.memory-differs", "detail", comparison.toString());
        }
    }

    /** Takes over what the protocol says; a change of status becomes an event. */
    void update(MigrationStatus now, String why) {
        reason = clip(why);
        if (now == status) {
            return;
        }
        if (now.ended() && totalMs == 0) {
            totalMs = Math.max(1, sinceStartMs());
        }
        status = now;
        tell("migration." + now.label(), "from", from, "to", to, "role", role, "reason", why);
    }

    /** As above; what it waits for is shown while it goes on, beside what there is to tell, and is no news by itself. */
    void update(MigrationStatus now, String why, String waitsFor) {
        update(now, why);
        if (!now.ended() && !waitsFor.isEmpty()) {
            reason = clip((why.isEmpty() ? "" : why + "; ") + "waits for " + waitsFor);
        }
    }

    /** The event has it whole. */
    private static String clip(String why) {
        return why.length() <= MigrationView.MAX_REASON_CHARS
                ? why
                : why.substring(0, MigrationView.MAX_REASON_CHARS - 1) + "…";
    }

    /** The actor ends before its migration does, and would leave it active for ever. */
    void abandon() {
        if (!status.ended()) {
            update(MigrationStatus.FAILED, "this side's actor ended; the ledger decides whose the VM is");
        }
        close();
    }

    /** It takes longer than it was given, and what comes of that. */
    void overdue(EndingSettings ending) {
        tell(
                "migration.timeout",
                "timeoutMs",
                String.valueOf(ending.timeoutMs()),
                "action",
                ending.timeoutAction().name().toLowerCase(Locale.ROOT));
    }

    /** A round begins; told by the engine's thread. */
    void pass(int harvests) {
        tell("migration.pass", "pass", String.valueOf(harvests));
    }

    /** Details are names and values in turn. */
    private void tell(String kind, String... details) {
        events.tell(node.events().ofMigration(kind, vm.id(), migrationId, details));
    }

    /** The last word: holds on to nothing of the engine. */
    void close() {
        closed = true;
        events.release();
        node.migrations().close(view());
        engine = null;
    }

    private long sinceStartMs() {
        return (System.nanoTime() - startedNs) / 1_000_000;
    }

    MigrationView view() {
        Supplier<MigrationProgress> supplier = engine;
        MigrationProgress progress = supplier == null ? null : supplier.get();
        long took = totalMs == 0 ? sinceStartMs() : totalMs;
        Plan plan = expectation;
        long predictedTotalMs = plan == null ? predictedTotalMs(progress) : plan.totalMs();
        long predictedDowntimeMs = plan == null ? predictedDowntimeMs(progress) : plan.downtimeMs();
        return new MigrationView(
                migrationId,
                vm.id(),
                vm.spec().name(),
                from,
                to,
                status.label(),
                reason,
                startedAtEpochMs,
                setupMs,
                took,
                downtimeMs,
                progress == null ? 0 : Math.round(progress.expectedDowntimeMs()),
                progress == null ? 0 : progress.rounds(),
                progress == null ? 0 : progress.transferredBytes(),
                progress == null ? 0 : progress.remainingBytes(),
                vm.spec().memoryBytes(),
                progress == null ? 0 : progress.normalPages(),
                progress == null ? 0 : progress.duplicatePages(),
                progress == null ? 0 : Math.round(progress.dirtyPagesRate()),
                progress == null ? 0 : Math.round(progress.mbps() * 125_000),
                progress == null ? 0 : Math.round(progress.pagesPerSecond()),
                progress == null ? 0 : progress.dirtySyncCount(),
                parameters.get().values(),
                verified,
                closed,
                role,
                progress == null ? 0 : progress.throttlePercent(),
                predictedTotalMs,
                predictedDowntimeMs,
                status == MigrationStatus.COMPLETED && predictedTotalMs > 0
                        ? errorPercent(predictedTotalMs, took)
                        : null,
                encrypted,
                progress == null ? EncodingView.NONE : EncodingView.of(progress.codec()));
    }

    private static long predictedDowntimeMs(@Nullable MigrationProgress progress) {
        return progress == null ? 0 : Math.round(progress.predictedDowntimeMs());
    }

    /** The engine counts from its own start. */
    private long predictedTotalMs(@Nullable MigrationProgress progress) {
        return progress == null || progress.predictedTotalMs() == 0
                ? 0
                : setupMs + Math.round(progress.predictedTotalMs());
    }

    /** By how much the time was mistaken, of the time it took: above 0 where it went faster than predicted. */
    static int errorPercent(long predictedMs, long tookMs) {
        return (int) Math.round(100.0 * (predictedMs - tookMs) / Math.max(1, tookMs));
    }
}
