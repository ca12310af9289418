package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;
import static io.godwit.node.cli.VmCommands.line;

import io.godwit.config.Units;
import io.godwit.node.api.LeftoverInfo;
import io.godwit.node.api.MigrationInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code godwit migration ...}. */
@Command(name = "migration", description = "live migrations")
final class MigrationCommands extends WithHelp {
    private static final String MIGRATION = "/v1/migrations/";
    private static final String LEFTOVERS = "/v1/leftovers";

    @Command(name = "list", description = "migrations under way, and the last that ended")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/migrations");
        return session.print(answer, () -> {
            Table table = new Table("ID", "VM", "FROM", "TO", "STATUS", "TOTAL", "DOWNTIME", "ROUNDS", "SENT", "LEFT");
            for (MigrationInfo migration : session.api().read(answer, MigrationInfo[].class)) {
                table.row(
                        migration.id(),
                        migration.vmName(),
                        migration.from(),
                        migration.to(),
                        migration.status(),
                        Units.formatMeasuredMs(migration.totalMs()),
                        Units.formatMeasuredMs(migration.downtimeMs()),
                        migration.rounds(),
                        Units.formatApproximateSize(migration.transferredBytes()),
                        Units.formatApproximateSize(migration.remainingBytes()));
            }
            return table.toString();
        });
    }

    @Command(name = "show", description = "one migration")
    int show(@Mixin Session session, @Parameters(paramLabel = "ID") String id) {
        byte[] answer = session.api().get(MIGRATION + segment(id));
        return session.print(answer, () -> describe(session.api().read(answer, MigrationInfo.class)));
    }

    private static String describe(MigrationInfo migration) {
        StringBuilder text = new StringBuilder();
        line(text, "id", migration.id());
        line(text, "vm", migration.vmName() + " (" + migration.vm() + ")");
        line(text, "route", migration.from() + " to " + migration.to());
        line(text, "status", migration.status());
        line(text, "reason", migration.reason());
        line(text, "started", migration.startedAt());
        line(text, "setup", Units.formatMeasuredMs(migration.setupMs()));
        line(text, "total", Units.formatMeasuredMs(migration.totalMs()));
        line(text, "downtime", Units.formatMeasuredMs(migration.downtimeMs()));
        line(text, "expected downtime", Units.formatMeasuredMs(migration.expectedDowntimeMs()));
        line(text, "rounds", migration.rounds());
        line(text, "sent", Units.formatApproximateSize(migration.transferredBytes()));
        line(text, "left", Units.formatApproximateSize(migration.remainingBytes()));
        line(text, "memory", Units.formatApproximateSize(migration.totalBytes()));
        line(text, "pages sent", migration.normalPages() + ", zero " + migration.duplicatePages());
        line(text, "dirtied", migration.dirtyPagesPerSecond() + " pages/s");
        line(text, "bandwidth", Units.formatApproximateSize(migration.bandwidthBytesPerSecond()) + "/s");
        line(text, "throttle", migration.throttlePercent() + " %");
        line(text, "predicted", predicted(migration));
        line(
                text,
                "verified",
                migration.verified() == null ? "" : migration.verified().toString());
        return text.toString();
    }

    private static String predicted(MigrationInfo migration) {
        if (migration.predictedTotalMs() == 0) {
            return "";
        }
        String text = Units.formatMeasuredMs(migration.predictedTotalMs()) + " in all, down for "
                + Units.formatMeasuredMs(migration.predictedDowntimeMs());
        Integer error = migration.predictionErrorPercent();
        return error == null ? text : text + "; off by " + error + " %";
    }

    @Command(name = "cancel", description = "end a migration; its VM goes on where it is")
    int cancel(@Mixin Session session, @Parameters(paramLabel = "ID") String id) {
        byte[] answer = session.api().delete(MIGRATION + segment(id));
        return session.print(answer, () -> {
            MigrationInfo migration = session.api().read(answer, MigrationInfo.class);
            return "migration %s of %s is %s%n".formatted(migration.id(), migration.vmName(), migration.status());
        });
    }

    @Command(name = "leftovers", description = "halves of failed migrations that their targets keep")
    int leftovers(@Mixin Session session) {
        byte[] answer = session.api().get(LEFTOVERS);
        return session.print(answer, () -> {
            Table table = new Table("ID", "VM", "HOST", "MEMORY", "KEPT", "REASON");
            for (LeftoverInfo kept : session.api().read(answer, LeftoverInfo[].class)) {
                table.row(
                        kept.id(),
                        kept.vmName(),
                        kept.host(),
                        Units.formatApproximateSize(kept.memoryBytes()),
                        kept.keptAt(),
                        kept.reason());
            }
            return table.toString();
        });
    }

    @Command(name = "discard", description = "give back what a target keeps of a failed migration")
    int discard(@Mixin Session session, @Parameters(paramLabel = "ID") String id) {
        session.api().delete(LEFTOVERS + "/" + segment(id));
        return session.printText("nothing is kept of migration %s any more%n".formatted(id));
    }
}
