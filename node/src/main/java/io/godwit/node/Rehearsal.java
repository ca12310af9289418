package io.godwit.node;

import io.godwit.transport.stream.PageTransport;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;

/** Streams from this node to itself before it serves, so that the first migration of a fresh JVM meets warm code. */
final class Rehearsal {
    private static final Duration BUDGET = Duration.ofMillis(800);
    private static final long PATIENCE_S = 15;

    private final PageTransport transport;
    private boolean done;

    Rehearsal(PageTransport transport) {
        this.transport = transport;
    }

    /** Blocks for about a second, the first time. A stream that does not work even here is a node that cannot start. */
    synchronized void once(ActorSystem<?> system) {
        if (done) {
            return;
        }
        done = true;
        try {
            transport
                    .rehearse(BUDGET, SystemMaterializer.get(system).materializer())
                    .toCompletableFuture()
                    .orTimeout(PATIENCE_S, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException failed) {
            throw new NodeStartException("page streams do not work on this host: " + failed.getCause(), failed);
        }
    }
}
