package io.godwit.actors.cluster;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's actor system, started again whenever membership downed it: a node that was cut off comes back as a new
 * member around the same machines, which never stopped running.
 */
public final class NodeSystem implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeSystem.class);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    /** Longer than the timeouts of all phases of a coordinated shutdown together: 75 s by Pekko's defaults. */
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(80);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** What a node runs inside each of its actor systems, such as its gateway. */
    public interface Tenant {
        /** Called on no dispatcher, once per actor system; may block. */
        void start(ActorSystem<?> system, NodeGuardian.Started started);
    }

    private final ClusterSettings settings;
    private final NodeGuardian.Resources resources;
    private final Tenant tenant;
    private final CompletionStage<Void> named;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Set<Address> met = ConcurrentHashMap.newKeySet();
    private @Nullable ActorSystem<NodeGuardian.Command> system;
    private boolean closing;

    private NodeSystem(
            ClusterSettings settings, NodeGuardian.Resources resources, CompletionStage<Void> named, Tenant tenant) {
        this.settings = settings;
        this.resources = resources;
        this.named = named;
        this.tenant = tenant;
    }

    /**
     * Starts the first actor system; returns when the tenant has started. Blocks.
     *
     * @param named completes when the host's name is confirmed to be its own: it joins no cluster before
     */
    public static NodeSystem start(
            ClusterSettings settings, NodeGuardian.Resources resources, CompletionStage<Void> named, Tenant tenant) {
        NodeSystem node = new NodeSystem(settings, resources, named, tenant);
        node.startSystem();
        return node;
    }

    private synchronized void startSystem() {
        if (closing) {
            return;
        }
        CompletableFuture<NodeGuardian.Started> started = new CompletableFuture<>();
        ActorSystem<NodeGuardian.Command> next = ActorSystem.create(
                NodeGuardian.create(resources, started), settings.clusterName(), PekkoConfig.setup(settings));
        system = next;
        LingeringConnections.abortWhenTerminating(next);
        try {
            JoinWatch.start(next, settings);
            named.thenRun(() -> join(next));
            tenant.start(next, await(started, START_TIMEOUT));
        } catch (Throwable failed) {
            giveUp(next);
            throw failed;
        }
        next.getWhenTerminated().whenComplete((done, failure) -> restartOffDispatcher());
    }

    private synchronized void join(ActorSystem<NodeGuardian.Command> joining) {
        if (system == joining && !closing) {
            Joining.start(joining, settings, resources.joinLine(), met);
        }
    }

    /** The next system needs the port of one that started by half, and its VMs' actors must not act beside the next's. */
    private void giveUp(ActorSystem<NodeGuardian.Command> half) {
        system = null;
        half.terminate();
        try {
            await(half.getWhenTerminated().toCompletableFuture(), LEAVE_TIMEOUT);
        } catch (RuntimeException stubborn) {
            LOG.warn("host {}: actors that started by half do not stop", settings.hostId(), stubborn);
        }
    }

    /** The terminated system's dispatcher is going away: the next system is started by a thread of its own. */
    private void restartOffDispatcher() {
        Thread restart = new Thread(this::restart, "godwit-restart");
        restart.setDaemon(true);
        restart.start();
    }

    /** Tries for as long as it takes: the machines run meanwhile, and would end with the node. */
    private void restart() {
        if (!isClosing()) {
            LOG.warn(
                    "host {} was removed from the cluster; its machines are kept and it joins again",
                    settings.hostId());
        }
        Duration pause = FIRST_PAUSE;
        while (!isClosing()) {
            try {
                startSystem();
                if (!isClosing()) {
                    return;
                }
            } catch (Throwable failure) {
                LOG.error(
                        "host {} could not start its actors again and tries once more in {} s; its machines are kept",
                        settings.hostId(),
                        pause.toSeconds(),
                        failure);
            }
            pauseUnlessClosing(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
        ended.complete(null);
    }

    private synchronized boolean isClosing() {
        return closing;
    }

    private synchronized void pauseUnlessClosing(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        for (long left = pause.toMillis(); left > 0 && !closing; left = (until - System.nanoTime()) / 1_000_000) {
            try {
                wait(left);
            } catch (InterruptedException early) {
                LOG.debug("the pause before the next start was cut short");
                return;
            }
        }
    }

    /** Completes when the node is closed. A first start that fails is thrown; later ones are tried again. */
    public CompletionStage<Void> ended() {
        return ended;
    }

    /** Leaves the cluster in order and stops the actors. Machines are not touched: they belong to the vault. Blocks. */
    @Override
    public void close() {
        ActorSystem<NodeGuardian.Command> leaving;
        synchronized (this) {
            closing = true;
            notifyAll();
            leaving = system;
        }
        if (leaving == null) {
            ended.complete(null);
            return;
        }
        CoordinatedShutdown.get(leaving).runAll(CoordinatedShutdown.jvmExitReason());
        await(leaving.getWhenTerminated().toCompletableFuture(), LEAVE_TIMEOUT);
    }

    private static <T> T await(CompletableFuture<T> stage, Duration timeout) {
        try {
            return stage.get(timeout.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the actors start or stop", interrupted);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IllegalStateException("the actors did not start or stop within " + timeout, failure);
        }
    }
}
