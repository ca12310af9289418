package io.godwit.node.qmp;

import static io.godwit.node.qmp.QmpCommands.done;

import io.godwit.actors.migration.MigrationView;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.node.http.ClusterAccess;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/** Moving the VM. */
final class MigrationCommands {
    private static final String HELD = "pre-switchover";
    private static final String SCHEME = "godwit:";
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    /** What QEMU knows, and only for old clients' sake accepts: these must be off. */
    private static final List<String> UNSUPPORTED = List.of("blk", "inc", "resume");

    private final ClusterAccess cluster;

    MigrationCommands(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    Map<String, QmpCommands.Handler> handlers() {
        return Map.of(
                "migrate", this::migrate,
                "migrate_cancel", this::cancel,
                "migrate-continue", this::goOn,
                "query-migrate", this::query);
    }

    /** Returns once the migration is an object of its own; how it goes, query-migrate and events tell. */
    private CompletionStage<Object> migrate(String vm, QmpArguments arguments) {
        String host = hostOf(arguments.requiredText("uri"));
        arguments.flag("detach");
        for (String name : UNSUPPORTED) {
            if (arguments.flag(name).orElse(false)) {
                throw QmpException.generic(
                        "Parameter '" + name + "' is true; this version migrates without it: expected false");
            }
        }
        arguments.end();
        return cluster.migrate(vm, Destination.of(host), MigrationParameters.NONE)
                .thenApply(begun -> QmpCommands.nothing());
    }

    /** The host that a target's URI names: {@code godwit:HOST}, or the bare name. */
    static String hostOf(String uri) {
        String host = uri.startsWith(SCHEME) ? uri.substring(SCHEME.length()) : uri;
        if (!HOST.matcher(host).matches()) {
            String shown = uri.length() > 120 ? uri.substring(0, 120) + "…" : uri;
            throw QmpException.generic("uri: \"" + shown + "\" is not accepted; expected godwit:HOST with the name of a"
                    + " host of this cluster, since hosts find and prove each other by the cluster: no address, file,"
                    + " command or descriptor is given by hand");
        }
        return host;
    }

    /** As in QEMU, there being nothing to cancel is no error. */
    private CompletionStage<Object> cancel(String vm, QmpArguments arguments) {
        arguments.end();
        return running(cluster, vm)
                .thenCompose(id -> id.isEmpty()
                        ? done(QmpCommands.nothing())
                        : cluster.cancelMigration(id.get()).thenApply(cancelling -> QmpCommands.nothing()));
    }

    private CompletionStage<Object> goOn(String vm, QmpArguments arguments) {
        String state = arguments.requiredText("state");
        arguments.end();
        if (!state.equals(HELD)) {
            throw QmpException.generic("state: \"" + state + "\" is not accepted; expected " + HELD
                    + ", the only status that a migration is held in");
        }
        return running(cluster, vm)
                .thenCompose(id -> {
                    if (id.isEmpty()) {
                        throw QmpException.generic("there is no migration under way to continue");
                    }
                    return cluster.continueMigration(id.get());
                })
                .thenApply(goesOn -> QmpCommands.nothing());
    }

    /** The migration that a VM is in, by its id. */
    static CompletionStage<Optional<String>> running(ClusterAccess cluster, String vm) {
        return cluster.vm(vm).thenApply(view -> Optional.ofNullable(view.migrationId()));
    }

    private CompletionStage<Object> query(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.vm(vm)
                .thenCompose(view -> cluster.migrations().thenApply(all -> latest(view.id(), all)))
                .thenApply(view ->
                        view.<Map<String, Object>>map(MigrationFigures::of).orElse(Map.of()));
    }

    private static Optional<MigrationView> latest(String vmId, List<MigrationView> all) {
        return all.stream()
                .filter(view -> view.vmId().equals(vmId))
                .max(Comparator.comparingLong(MigrationView::startedAtEpochMs));
    }
}
