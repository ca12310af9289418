package io.godwit.node;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.migration.Rehearsal;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.probe.GuestKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrates a small probe from this node to itself before the node serves, on the backend that its guests will have, so
 * that the first migration of a fresh JVM meets warm code.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final Duration BUDGET = Duration.ofMillis(1_500);
    private static final long PATIENCE_S = 20;
    private static final long MEMORY_BYTES = 32L << 20;

    private final PageTransport transport;
    private final MachineFactory factory;
    private final Path kernel;
    private boolean done;

    /** @param kernel where the probe's kernel may be written */
    WarmUp(PageTransport transport, MachineFactory factory, Path kernel) {
        this.transport = transport;
        this.factory = factory;
        this.kernel = kernel;
    }

    /** Blocks for a second or two, the first time. What goes wrong is logged: it keeps no node from serving. */
    synchronized void once(ActorSystem<?> system) {
        if (done) {
            return;
        }
        done = true;
        try {
            GuestKernel.PROBE.extractTo(kernel);
            Rehearsal.Outcome outcome = Rehearsal.run(
                            transport, SystemMaterializer.get(system).materializer(), factory, spec(), BUDGET)
                    .toCompletableFuture()
                    .orTimeout(PATIENCE_S, TimeUnit.SECONDS)
                    .join();
            LOG.info("rehearsed: {}", outcome);
        } catch (IOException | CompletionException failed) {
            LOG.warn("migrations were not rehearsed; the first one will be slower", failed);
        }
    }

    private VmSpec spec() {
        return new VmSpec(
                "rehearsal",
                MEMORY_BYTES,
                1,
                kernel.toString(),
                "fill=20 wss=8 rate=40",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>());
    }
}
