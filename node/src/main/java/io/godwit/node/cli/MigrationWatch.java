package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.MigrationInfo;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Waits for a migration's end and says how it went. */
final class MigrationWatch {
    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Duration VERDICT_PATIENCE = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Session session;

    MigrationWatch(Session session) {
        this.session = session;
    }

    /**
     * Looks until it ended, and a moment longer for the outcome of the comparison, which follows it. A node that does
     * not answer for a while (an election, a leader lost) is asked again.
     */
    int await(String id) {
        long silentSince = System.nanoTime();
        long endedSince = 0;
        while (true) {
            try {
                byte[] answer = session.api().get("/v1/migrations/" + ApiClient.segment(id));
                MigrationInfo migration = session.api().read(answer, MigrationInfo.class);
                silentSince = System.nanoTime();
                if (migration.ended()) {
                    endedSince = endedSince == 0 ? silentSince : endedSince;
                    if (isFinal(migration) || silentSince - endedSince > VERDICT_PATIENCE.toNanos()) {
                        session.print(answer, () -> summary(migration));
                        return isCompleted(migration) ? ExitCodes.OK : ExitCodes.NOT_COMPLETED;
                    }
                }
            } catch (ApiException silent) {
                if (System.nanoTime() - silentSince > PATIENCE.toNanos()) {
                    throw silent;
                }
            }
            pause();
        }
    }

    private static boolean isFinal(MigrationInfo migration) {
        return migration.verified() != null || !isCompleted(migration);
    }

    private static boolean isCompleted(MigrationInfo migration) {
        return migration.status().equals("completed");
    }

    private static void pause() {
        try {
            Thread.sleep(INTERVAL.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted; the migration goes on");
        }
    }

    static String summary(MigrationInfo migration) {
        String route = "migration of %s, %s to %s".formatted(migration.vmName(), migration.from(), migration.to());
        if (!isCompleted(migration)) {
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

    private static String verdict(@Nullable Boolean verified) {
        return verified == null ? "not compared" : verified ? "verified equal" : "DIFFERS";
    }
}
