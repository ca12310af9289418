package io.godwit.integration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.vmm.probe.ProbeWatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Watches from outside, in the memories that all hosts have of them, where guests run: one that runs counts. A memory
 * that appears is found within {@value #DISCOVERY_MS} ms. For guests that start anew; a copy of a memory would count too.
 */
public final class GuestWatch implements AutoCloseable {
    private static final long POLL_MS = 2;
    private static final long DISCOVERY_MS = 200;
    private static final long JOIN_MS = 10_000;

    private final List<TestNode> hosts;
    private final List<ProbeVm> vms;
    private final List<Memory> memories = new ArrayList<>();
    private final Set<String> known = new HashSet<>();
    private final Thread thread;
    private volatile boolean stopped;
    private @Nullable RuntimeException failure;

    /** One memory of a guest. Instants are bounds: a count was seen changed between two readings. */
    private static final class Memory {
        private final ProbeVm vm;
        private final TestNode host;
        private final ProbeWatch watch;
        private long count;
        private long readNs = System.nanoTime();
        private boolean counted;
        private long firstBeforeNs;
        private long lastAfterNs;
        private long lastBeforeNs;

        Memory(ProbeVm vm, TestNode host, ProbeWatch watch) {
            this.vm = vm;
            this.host = host;
            this.watch = watch;
        }

        void look() {
            long now = watch.heartbeat(0);
            long nowNs = System.nanoTime();
            if (now != count) {
                firstBeforeNs = counted ? firstBeforeNs : nowNs;
                lastAfterNs = readNs;
                lastBeforeNs = nowNs;
                counted = true;
                count = now;
            }
            readNs = nowNs;
        }

        boolean ranAfter(Memory other) {
            return counted && other.counted && lastAfterNs - other.firstBeforeNs > 0;
        }
    }

    private GuestWatch(List<TestNode> hosts, List<ProbeVm> vms) {
        this.hosts = List.copyOf(hosts);
        this.vms = List.copyOf(vms);
        thread = new Thread(this::watch, "godwit-it-guests");
        thread.setDaemon(true);
    }

    /** Knows the memories that the guests have now. The hosts' processes are to live until it is closed. */
    public static GuestWatch start(TestCluster cluster, List<ProbeVm> vms) {
        GuestWatch watch = new GuestWatch(cluster.living(), vms);
        watch.discover();
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try {
            long discoveredNs = System.nanoTime();
            while (!stopped) {
                if (System.nanoTime() - discoveredNs >= TimeUnit.MILLISECONDS.toNanos(DISCOVERY_MS)) {
                    discover();
                    discoveredNs = System.nanoTime();
                }
                look();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private synchronized void look() {
        memories.forEach(Memory::look);
    }

    private synchronized void failed(RuntimeException e) {
        failure = e;
    }

    private void discover() {
        for (TestNode host : hosts) {
            for (ProbeVm vm : vms) {
                for (ProbeWatch found : ProbeWatch.openAll(vm.memoryAt(host), known)) {
                    add(new Memory(vm, host, found));
                }
            }
        }
    }

    private synchronized void add(Memory memory) {
        known.add(memory.watch.identity());
        memories.add(memory);
    }

    /** When the guest was last seen to have counted at the host, by {@link System#nanoTime}. */
    public synchronized long lastRanNs(ProbeVm vm, TestNode host) {
        return memories.stream()
                .filter(memory -> memory.vm == vm && memory.host == host && memory.counted)
                .mapToLong(memory -> memory.lastBeforeNs)
                .max()
                .orElseThrow(() -> new AssertionError(vm + " was not seen to run at host " + host));
    }

    /** No guest went on in one memory when it had begun to run in another. */
    public synchronized void assertEachRanInOneMemoryAtATime() {
        assertThat(failure).as("what ended the watching early").isNull();
        for (Memory one : memories) {
            for (Memory other : memories) {
                if (one != other && one.vm == other.vm && one.ranAfter(other)) {
                    assertThat(other.ranAfter(one))
                            .as("%s ran at host %s and at host %s at the same time", one.vm, one.host, other.host)
                            .isFalse();
                }
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(JOIN_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!thread.isAlive()) {
            memories.forEach(memory -> memory.watch.close());
        }
    }
}
