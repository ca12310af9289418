package io.godwit.node;

import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.maintenance.VmMoveView;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.NodeConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does before it ends on request where {@code host.auto-migrate-on-host-shutdown} is on: it has its running
 * VMs moved to other hosts, for as long as the file allows. Not where an operator has switched
 * {@code auto-migrate-on-host-down} off since, whose VMs are to stay.
 */
final class ShutdownDrain {
    private static final Logger LOG = LoggerFactory.getLogger(ShutdownDrain.class);
    /** Beyond the drain's own, so that its word arrives first. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final String host;
    private final Duration limit;
    private volatile NodeGuardian.@Nullable Started actors;

    ShutdownDrain(NodeConfig.Host host) {
        this.host = host.name();
        this.limit = Duration.ofMillis(host.shutdownLimitMs());
    }

    /** The actors of the actor system that has just started. */
    void use(NodeGuardian.Started started) {
        actors = started;
    }

    /** Returns when no VM runs here, or none can be waited for any longer: the log says which. Blocks; does not throw. */
    void run() {
        NodeGuardian.Started now = actors;
        if (limit.isZero() || now == null) {
            return;
        }
        try {
            drain(now)
                    .toCompletableFuture()
                    .get(limit.plus(MARGIN).toMillis(), TimeUnit.MILLISECONDS)
                    .ifPresent(this::report);
        } catch (ExecutionException failure) {
            LOG.warn("host {} ends undrained: {}", host, reason(failure));
        } catch (TimeoutException silent) {
            LOG.warn("host {} ends undrained: its actors do not answer", host);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private CompletionStage<Optional<MaintenanceView>> drain(NodeGuardian.Started now) {
        return now.recoveries().isAutoMigrated(host).thenCompose(on -> {
            if (!on) {
                LOG.info("host {} keeps its VMs: auto-migrate-on-host-down is off", host);
                return CompletableFuture.completedStage(Optional.empty());
            }
            LOG.info("host {} is drained before it ends, for at most {} s", host, limit.toSeconds());
            return now.maintenance().leave(host, limit);
        });
    }

    private void report(MaintenanceView drain) {
        if (drain.state().equals("completed")) {
            LOG.info("host {} is drained", host);
        } else {
            LOG.warn(
                    "host {} ends undrained: drain {} was {}; {}",
                    host,
                    drain.id(),
                    drain.state(),
                    drain.vms().stream()
                            .filter(vm -> !vm.state().equals("moved"))
                            .map(ShutdownDrain::inWords)
                            .collect(Collectors.joining("; ")));
        }
    }

    private static String inWords(VmMoveView vm) {
        return vm.vmName() + " " + vm.state() + (vm.reason().isEmpty() ? "" : ", " + vm.reason());
    }

    private static String reason(ExecutionException failure) {
        Throwable cause = failure.getCause();
        return ProblemException.problemOf(cause == null ? failure : cause).detail();
    }
}
