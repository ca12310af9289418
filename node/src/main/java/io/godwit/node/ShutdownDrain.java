package io.godwit.node;

import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.maintenance.VmMoveView;
import io.godwit.actors.vm.Problem;
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

    private static final Duration RETRY = Duration.ofSeconds(1);

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
            drain(now, System.nanoTime() + limit.toNanos()).ifPresent(this::report);
        } catch (ExecutionException failure) {
            LOG.warn("host {} ends undrained: {}", host, problem(failure).detail());
        } catch (TimeoutException silent) {
            LOG.warn("host {} ends undrained: its actors do not answer", host);
        } catch (InterruptedException askedAgain) {
            // The flag stays down: what closes the node after this is to take its time.
            LOG.warn("host {} ends undrained: it was told to end a second time", host);
        }
    }

    /** Tries again while the ledger, or the host that leads it, cannot be asked: an election is short beside the limit. */
    private Optional<MaintenanceView> drain(NodeGuardian.Started now, long deadlineNs)
            throws ExecutionException, TimeoutException, InterruptedException {
        while (true) {
            Duration left = Duration.ofNanos(deadlineNs - System.nanoTime());
            try {
                return drain(now, left)
                        .toCompletableFuture()
                        .get(left.plus(MARGIN).toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException failure) {
                boolean passing = problem(failure).kind() == Problem.Kind.UNAVAILABLE;
                if (!passing || deadlineNs - System.nanoTime() < RETRY.toNanos()) {
                    throw failure;
                }
                LOG.info(
                        "host {} is not drained yet: {}", host, problem(failure).detail());
            }
            TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
        }
    }

    private CompletionStage<Optional<MaintenanceView>> drain(NodeGuardian.Started now, Duration left) {
        return now.recoveries().isAutoMigrated(host).thenCompose(on -> {
            if (!on) {
                LOG.info("host {} keeps its VMs: auto-migrate-on-host-down is off", host);
                return CompletableFuture.completedStage(Optional.empty());
            }
            LOG.info("host {} is drained before it ends, for at most {} s", host, limit.toSeconds());
            return now.maintenance().leave(host, left);
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

    private static Problem problem(ExecutionException failure) {
        Throwable cause = failure.getCause();
        return ProblemException.problemOf(cause == null ? failure : cause);
    }
}
