package io.godwit.benchmarks.link;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/** Asks every node all the time how it sees the others, and keeps what was not {@code up}. */
final class Reachability implements AutoCloseable {
    private static final long POLL_NS = 250_000_000;

    private final TestCluster cluster;
    private final Set<String> seen = new TreeSet<>();
    private final Thread poller = new Thread(this::poll, "godwit-bench-reachability");
    private volatile boolean stopped;

    private Reachability(TestCluster cluster) {
        this.cluster = cluster;
        poller.setDaemon(true);
    }

    static Reachability watch(TestCluster cluster) {
        Reachability watch = new Reachability(cluster);
        watch.poller.start();
        return watch;
    }

    private void poll() {
        while (!stopped) {
            for (TestNode node : cluster.living()) {
                ask(node);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private void ask(TestNode node) {
        try {
            for (JsonNode host : node.rest().get("/v1/hosts").ok()) {
                String state = host.path("state").asText();
                if (!state.equals("up")) {
                    note(node + " saw " + host.path("name").asText() + " " + state);
                }
            }
        } catch (RuntimeException | AssertionError silent) {
            note(node + " did not answer");
        }
    }

    private synchronized void note(String what) {
        seen.add(what);
    }

    /** Each thing that was seen, once. */
    synchronized Set<String> seen() {
        return Set.copyOf(seen);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            poller.join(10_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
