package io.godwit.actors.migration;

import io.godwit.actors.cluster.ClusterEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one migration's events back, in their order, while its guest stands still. Every event goes to every node, and on
 * the way it competes with the few messages that the guest waits for. Usable from any thread.
 */
final class EventHold {
    /** A guest that stands still for longer than this is news that operators must not wait for. */
    static final Duration LIMIT = Duration.ofMillis(200);

    private final Consumer<ClusterEvent> publish;
    private final Executor limit;
    private @Nullable List<ClusterEvent> held;

    EventHold(Consumer<ClusterEvent> publish) {
        this(publish, CompletableFuture.delayedExecutor(LIMIT.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** @param limit runs what it is given when the limit is over */
    EventHold(Consumer<ClusterEvent> publish, Executor limit) {
        this.publish = publish;
        this.limit = limit;
    }

    /** From now on events are kept, until {@link #release()} or the limit. */
    synchronized void hold() {
        if (held == null) {
            List<ClusterEvent> kept = new ArrayList<>();
            held = kept;
            limit.execute(() -> overdue(kept));
        }
    }

    private synchronized void overdue(List<ClusterEvent> kept) {
        if (held == kept) {
            release();
        }
    }

    synchronized void release() {
        List<ClusterEvent> kept = held;
        held = null;
        if (kept != null) {
            kept.forEach(publish);
        }
    }

    synchronized void tell(ClusterEvent event) {
        if (held == null) {
            publish.accept(event);
        } else {
            held.add(event);
        }
    }
}
