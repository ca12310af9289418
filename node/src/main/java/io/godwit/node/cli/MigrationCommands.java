package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;
import static io.godwit.node.cli.VmCommands.line;

import io.godwit.config.MigrationParameter;
import io.godwit.config.Units;
import io.godwit.node.api.LeftoverInfo;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.VmInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit migration ...}. */
@Command(name = "migration", description = "live migrations", subcommands = MigrationParametersCommand.class)
final class MigrationCommands extends WithHelp {
    private static final String MIGRATION = "/v1/migrations/";
    private static final String LEFTOVERS = "/v1/leftovers";
    private static final Pattern UUID_SHAPE = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

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
    int show(
            @Mixin Session session,
            @Parameters(paramLabel = "ID", description = "its id, or a VM that migrates") String id,
            @Option(names = "--follow", description = "a line twice a second until it ended") boolean follow) {
        String migration = idOf(session, id);
        if (follow) {
            return new MigrationWatch(session).follow(migration);
        }
        byte[] answer = session.api().get(MIGRATION + segment(migration));
        return session.print(answer, () -> describe(session.api().read(answer, MigrationInfo.class)));
    }

    /** A migration's id, or that of the one which the named VM is in. */
    private static String idOf(Session session, String idOrVm) {
        if (UUID_SHAPE.matcher(idOrVm).matches()) {
            return idOrVm;
        }
        VmInfo vm = session.api().get("/v1/vms/" + segment(idOrVm), VmInfo.class);
        if (vm.migration() == null) {
            throw ApiException.unexpected("VM " + vm.name() + " is not migrating");
        }
        return vm.migration();
    }

    @Command(name = "set", description = "change what a migration under way goes by")
    int set(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = "ID", description = "its id, or a VM that migrates") String id,
            @Parameters(
                            index = "1..*",
                            arity = "1..*",
                            paramLabel = "NAME=VALUE",
                            description = "as of: migration parameters --set")
                    Map<String, String> changes) {
        Map<String, Object> body = new LinkedHashMap<>();
        changes.forEach((name, value) -> body.put(name, MigrationParametersCommand.withUnit(name, value)));
        return change(session, id, body);
    }

    @Command(name = "setspeed", description = "cap a migration under way, in MiB/s, as virsh migrate-setspeed does")
    int setspeed(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = "ID", description = "its id, or a VM that migrates") String id,
            @Parameters(index = "1", paramLabel = "MIB_PER_SECOND", description = "0 is unlimited") long speed) {
        return change(session, id, Map.of(MigrationParameter.MAX_BANDWIDTH.name(), speed + "MiB/s"));
    }

    @Command(
            name = "setmaxdowntime",
            description = "the pause that a migration under way aims for, in ms, as virsh migrate-setmaxdowntime does")
    int setmaxdowntime(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = "ID", description = "its id, or a VM that migrates") String id,
            @Parameters(index = "1", paramLabel = "MILLISECONDS") long downtimeMs) {
        return change(session, id, Map.of(MigrationParameter.DOWNTIME_LIMIT.name(), downtimeMs + "ms"));
    }

    private static int change(Session session, String id, Map<String, ?> body) {
        byte[] answer = session.api().patch(MIGRATION + segment(idOf(session, id)), body);
        return session.print(answer, () -> {
            MigrationInfo migration = session.api().read(answer, MigrationInfo.class);
            String now = body.keySet().stream()
                    .map(name -> name + "=" + migration.parameters().getOrDefault(name, "?"))
                    .collect(Collectors.joining(", "));
            return "migration %s of %s is %s and goes by %s%n"
                    .formatted(migration.id(), migration.vmName(), migration.status(), now);
        });
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
        line(text, "dirty syncs", migration.dirtySyncCount());
        line(text, "pages/s", migration.pagesPerSecond());
        line(text, "bandwidth", Units.formatApproximateSize(migration.bandwidthBytesPerSecond()) + "/s");
        line(text, "throttle", migration.throttlePercent() + " %");
        line(text, "encrypted", migration.encrypted());
        line(text, "compressed", compressed(migration.compression()));
        line(text, "differences", differences(migration.differences()));
        line(text, "predicted", predicted(migration));
        line(
                text,
                "verified",
                migration.verified() == null ? "" : migration.verified().toString());
        line(text, "goes by", parameters(migration));
        return text.toString();
    }

    /** What somebody chose: the configuration names all, so what is as usual is left out. */
    private static String parameters(MigrationInfo migration) {
        return migration.parameters().entrySet().stream()
                .filter(entry -> MigrationParameter.named(entry.getKey())
                        .map(parameter -> !parameter.defaultText().equals(entry.getValue()))
                        .orElse(true))
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String compressed(MigrationInfo.@Nullable CompressionInfo compression) {
        return compression == null
                ? ""
                : "%d pages to %s, %d batches left as they were"
                        .formatted(
                                compression.pages(),
                                Units.formatApproximateSize(compression.bytes()),
                                compression.rawBatches());
    }

    private static String differences(MigrationInfo.@Nullable DifferencesInfo differences) {
        return differences == null
                ? ""
                : "%d pages as %s, %d not in the cache of %s, %d no shorter"
                        .formatted(
                                differences.pages(),
                                Units.formatApproximateSize(differences.bytes()),
                                differences.misses(),
                                Units.formatApproximateSize(differences.cacheBytes()),
                                differences.overflows());
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

    @Command(name = "complete", description = "pause its VM now and send the rest, however long that takes")
    int complete(
            @Mixin Session session,
            @Parameters(paramLabel = "ID", description = "its id, or a VM that migrates") String id) {
        return steer(session, id, "complete");
    }

    @Command(name = "continue", description = "let it switch over where pause-before-switchover holds it")
    int goOn(
            @Mixin Session session,
            @Parameters(paramLabel = "ID", description = "its id, or a VM that migrates") String id) {
        return steer(session, id, "continue");
    }

    private static int steer(Session session, String id, String step) {
        byte[] answer = session.api().post(MIGRATION + segment(idOf(session, id)) + '/' + step, Map.of());
        return session.print(answer, () -> status(session.api().read(answer, MigrationInfo.class)));
    }

    private static String status(MigrationInfo migration) {
        return "migration %s of %s is %s%n".formatted(migration.id(), migration.vmName(), migration.status());
    }

    @Command(name = "cancel", description = "end a migration; its VM goes on where it is")
    int cancel(
            @Mixin Session session,
            @Parameters(paramLabel = "ID", description = "its id, or a VM that migrates") String id) {
        byte[] answer = session.api().delete(MIGRATION + segment(idOf(session, id)));
        return session.print(answer, () -> status(session.api().read(answer, MigrationInfo.class)));
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
