package io.godwit.node.qmp;

import static io.godwit.node.qmp.QmpCommands.done;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import io.godwit.node.http.ClusterAccess;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What the VM's migrations go by. As in QEMU, what is set stays set for the VM, and a migration under way takes what
 * may change at once.
 */
final class ParameterCommands {
    private static final int MS_PER_SECOND = 1_000;

    private final ClusterAccess cluster;

    ParameterCommands(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    Map<String, QmpCommands.Handler> handlers() {
        return Map.of(
                "query-migrate-parameters", this::query,
                "query-migrate-capabilities", this::queryCapabilities,
                "migrate-set-parameters", (vm, arguments) -> set(vm, QmpParameters.parse(arguments.rest())),
                "migrate-set-capabilities", this::setCapabilities,
                "migrate_set_speed", this::setSpeed,
                "migrate_set_downtime", this::setDowntime);
    }

    private CompletionStage<Object> query(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.vmParameters(vm).thenApply(layers -> QmpParameters.toJson(layers.effective()));
    }

    private CompletionStage<Object> queryCapabilities(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.vmParameters(vm).thenApply(layers -> QmpCapabilities.toJson(layers.effective()));
    }

    private CompletionStage<Object> setCapabilities(String vm, QmpArguments arguments) {
        List<QmpArguments> capabilities = arguments.requiredObjects("capabilities");
        arguments.end();
        return cluster.vmParameters(vm)
                .thenApply(ParameterLayers::effective)
                .thenCompose(effective -> set(vm, QmpCapabilities.parse(capabilities, effective)));
    }

    /** QEMU's older way: bytes per second. */
    private CompletionStage<Object> setSpeed(String vm, QmpArguments arguments) {
        long bytesPerSecond = arguments.requiredNumber("value");
        arguments.end();
        return set(vm, QmpParameters.parse(Map.of(MigrationParameter.MAX_BANDWIDTH.name(), bytesPerSecond)));
    }

    /** QEMU's older way: seconds, with a fraction. */
    private CompletionStage<Object> setDowntime(String vm, QmpArguments arguments) {
        Object value = arguments.rest().get("value");
        if (!(value instanceof Number seconds)) {
            throw value == null ? QmpArguments.missing("value") : QmpArguments.wrongType("value", "number");
        }
        long downtimeMs = Math.round(seconds.doubleValue() * MS_PER_SECOND);
        return set(vm, QmpParameters.parse(Map.of(MigrationParameter.DOWNTIME_LIMIT.name(), downtimeMs)));
    }

    /** A migration that ended meanwhile needs no change: what was set holds for the next. */
    private static CompletionStage<Object> unlessItEnded(Throwable failure) {
        Problem.Kind kind = ProblemException.problemOf(failure).kind();
        return kind == Problem.Kind.CONFLICT || kind == Problem.Kind.NOT_FOUND
                ? done(QmpCommands.nothing())
                : CompletableFuture.failedStage(failure);
    }

    private CompletionStage<Object> set(String vm, MigrationParameters parameters) {
        if (parameters.isEmpty()) {
            return done(QmpCommands.nothing());
        }
        return cluster.changeVmParameters(vm, ParametersChange.setting(parameters))
                .thenCompose(set -> MigrationCommands.running(cluster, vm))
                .thenCompose(migration -> {
                    MigrationParameters now = parameters.changeable();
                    return migration.isEmpty() || now.isEmpty()
                            ? done(QmpCommands.nothing())
                            : cluster.changeMigration(migration.get(), now)
                                    .<Object>thenApply(changed -> QmpCommands.nothing())
                                    .exceptionallyCompose(ParameterCommands::unlessItEnded);
                });
    }
}
