package io.godwit.actors.cluster;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.io.TcpMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that keep an actor system from terminating. Artery closes those to a quarantined peer in order: it has sent its
 * FIN and waits for the peer's. Behind a cut that takes until the kernel gives up, a quarter of an hour, and the
 * transport's end waits for it. A system that goes down has nobody left to be polite for: they are aborted.
 */
final class LingeringConnections {
    private static final Logger LOG = LoggerFactory.getLogger(LingeringConnections.class);

    /** By then those that can be closed in order are: Artery flushes for a second. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    /** Each connection of a system is an actor there; so are listeners, which an abort does not concern. */
    private static final String ALL = "/system/IO-TCP/selectors/*/*";

    private final org.apache.pekko.actor.ActorSystem system;

    private LingeringConnections(org.apache.pekko.actor.ActorSystem system) {
        this.system = system;
    }

    /** Has whatever lingers aborted when the system terminates, until it has. */
    static void abortWhenTerminating(ActorSystem<?> system) {
        LingeringConnections connections = new LingeringConnections(Adapter.toClassic(system));
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseActorSystemTerminate(), "lingering-connections", connections::begin);
    }

    private CompletionStage<Done> begin() {
        later();
        return CompletableFuture.completedStage(Done.getInstance());
    }

    /** By a timer of the JVM's: the system's own ends with it. */
    private void later() {
        CompletableFuture.delayedExecutor(GRACE.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::abort);
    }

    private void abort() {
        if (system.getWhenTerminated().toCompletableFuture().isDone()) {
            return;
        }
        LOG.info("actor system {} takes long to terminate: its connections are aborted", system.name());
        ActorSelection all = system.actorSelection(ALL);
        all.tell(TcpMessage.abort(), ActorRef.noSender());
        later();
    }
}
