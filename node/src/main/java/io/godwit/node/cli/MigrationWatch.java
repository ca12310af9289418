package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.MigrationInfo;
import java.time.Duration;

/** Waits for a migration's end and says how it went. */
final class MigrationWatch {
    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Duration FOLLOW_INTERVAL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Comparing a large memory takes a while; the verdict is worth waiting for, not for ever. */
    private static final Duration RELEASE_PATIENCE = Duration.ofSeconds(30);

    private final Session session;
    private long endedAtNs;

    MigrationWatch(Session session) {
        this.session = session;
    }

    /**
     * Looks until it ended, memory was compared and everything given back; a node that does not answer for a while (an
     * election, a leader lost) is asked again.
     */
    int await(String id) {
        long silentSince = System.nanoTime();
        while (true) {
            try {
                byte[] answer = session.api().get("/v1/migrations/" + ApiClient.segment(id));
                MigrationInfo migration = session.api().read(answer, MigrationInfo.class);
                if (isSettled(migration)) {
                    session.print(answer, () -> summary(migration));
                    return migration.status().equals("completed") ? ExitCodes.OK : ExitCodes.NOT_COMPLETED;
                }
                silentSince = System.nanoTime();
            } catch (ApiException silent) {
                if (System.nanoTime() - silentSince > PATIENCE.toNanos()) {
                    throw silent;
                }
            }
            pause(INTERVAL);
        }
    }

    /** Prints a line twice a second, then how it went. */
    int follow(String id) {
        while (true) {
            byte[] answer = session.api().get("/v1/migrations/" + ApiClient.segment(id));
            MigrationInfo migration = session.api().read(answer, MigrationInfo.class);
            if (migration.ended()) {
                session.print(answer, () -> summary(migration));
                return migration.status().equals("completed") ? ExitCodes.OK : ExitCodes.NOT_COMPLETED;
            }
            session.print(answer, () -> progress(migration));
            pause(FOLLOW_INTERVAL);
        }
    }

    static String progress(MigrationInfo migration) {
        return "%7s %-10s round %d, %s sent, %s left of %s, %s/s, %d pages/s dirtied, %s expected down%n"
                .formatted(
                        Units.formatMeasuredMs(migration.totalMs()),
                        migration.status(),
                        migration.rounds(),
                        Units.formatApproximateSize(migration.transferredBytes()),
                        Units.formatApproximateSize(migration.remainingBytes()),
                        Units.formatApproximateSize(migration.totalBytes()),
                        Units.formatApproximateSize(migration.bandwidthBytesPerSecond()),
                        migration.dirtyPagesPerSecond(),
                        Units.formatMeasuredMs(migration.expectedDowntimeMs()));
    }

    private boolean isSettled(MigrationInfo migration) {
        if (!migration.ended()) {
            return false;
        }
        endedAtNs = endedAtNs == 0 ? System.nanoTime() : endedAtNs;
        return migration.released() || System.nanoTime() - endedAtNs > RELEASE_PATIENCE.toNanos();
    }

    private static void pause(Duration interval) {
        try {
            Thread.sleep(interval.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted; the migration goes on");
        }
    }

    static String summary(MigrationInfo migration) {
        String route = "migration of %s, %s to %s".formatted(migration.vmName(), migration.from(), migration.to());
        if (!migration.status().equals("completed")) {
            return "%s: %s: %s%n".formatted(route, migration.status(), migration.reason());
        }
        return "%s: completed in %s, down for %s, %d rounds, %s sent, memory %s%n"
                .formatted(
                        route,
                        Units.formatMeasuredMs(migration.totalMs()),
                        Units.formatMeasuredMs(migration.downtimeMs()),
                        migration.rounds(),
                        Units.formatApproximateSize(migration.transferredBytes()),
                        verdict(migration.verified()));
    }

    private static String verdict(@org.jspecify.annotations.Nullable Boolean verified) {
        return verified == null ? "not compared" : verified ? "verified equal" : "DIFFERS";
    }
}
