package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeCounters;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.LockSupport;

/** A VM that runs the probe guest, made through the API and looked at from outside. */
public final class ProbeVm {
    /** The last argument's time to fill a GiB at the speed of a busy machine, and to be started before that. */
    private static final Duration FILL_LIMIT = Duration.ofMinutes(2);

    private final TestCluster cluster;
    private final Shape shape;
    private final String id;

    /** What the guest is to be. The probe's options are in {@code guests/probe/README.md}. */
    public record Shape(String name, String memory, int vcpus, String options, String dirtyLog, boolean stateless) {
        public static Shape of(String name, String memory, String options) {
            return new Shape(name, memory, 1, options, "bitmap", false);
        }

        /** 1 GiB, nearly all of it incompressible, dirtied at 50 MB/s: the one the bars speak of. */
        public static Shape gibibyte(String name) {
            return of(name, "1GiB", "wss=64 rate=50 fill=960");
        }

        /** Small enough to migrate in a moment. */
        public static Shape small(String name) {
            return of(name, "96MiB", "wss=8 rate=20 fill=64");
        }

        public Shape vcpus(int count) {
            return new Shape(name, memory, count, options, dirtyLog, stateless);
        }

        public Shape dirtyLog(String kind) {
            return new Shape(name, memory, vcpus, options, kind, stateless);
        }

        /** Any host may start it from nothing, so it runs only under permits. */
        public Shape movable() {
            return new Shape(name, memory, vcpus, options, dirtyLog, true);
        }
    }

    private ProbeVm(TestCluster cluster, Shape shape, String id) {
        this.cluster = cluster;
        this.shape = shape;
        this.id = id;
    }

    /** Creates and starts it, and waits until it has filled its memory. */
    public static ProbeVm start(TestCluster cluster, TestNode host, Shape shape) {
        ProbeVm vm = create(cluster, host, shape, kernel());
        host.rest().post("/v1/vms/" + vm.id + "/start", Map.of()).ok();
        vm.awaitFilled(host);
        return vm;
    }

    private static ProbeVm create(TestCluster cluster, TestNode host, Shape shape, Path kernel) {
        Map<String, Object> body = new HashMap<>();
        body.put("name", shape.name());
        body.put("memory", shape.memory());
        body.put("vcpus", shape.vcpus());
        body.put("kernel", kernel.toString());
        body.put("cmdline", shape.options());
        body.put("dirtyLog", shape.dirtyLog());
        body.put("stateless", shape.stateless());
        body.put("host", host.name());
        JsonNode created = host.rest().post("/v1/vms", body).ok();
        return new ProbeVm(cluster, shape, created.path("id").asText());
    }

    /** The probe's ELF as a file, as an operator would name it. */
    public static Path kernel() {
        try {
            return GuestKernel.PROBE.extractTo(Checkout.scratch("kernel").resolve("probe.elf"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates and starts a VM with another kernel than the probe's: nothing is known of its memory. */
    public static ProbeVm startOther(TestCluster cluster, TestNode host, String name, Path kernel) {
        Shape shape = Shape.of(name, "32MiB", "");
        ProbeVm vm = create(cluster, host, shape, kernel);
        host.rest().post("/v1/vms/" + vm.id + "/start", Map.of()).ok();
        return vm;
    }

    /** Waits until the probe has filled its memory, as it does after each boot. */
    public void awaitFilled(TestNode host) {
        within(FILL_LIMIT, "the probe in " + name() + " has filled its memory and started its vCPUs", () -> {
            ProbeCounters counters = countersAt(host);
            return counters.ready() && counters.vcpusStarted() == shape.vcpus();
        });
    }

    public String name() {
        return shape.name();
    }

    public String id() {
        return id;
    }

    public JsonNode view() {
        return cluster.any().rest().get("/v1/vms/" + id).ok();
    }

    public String status() {
        return view().path("status").asText();
    }

    /** The node that owns it. */
    public TestNode host() {
        return cluster.node(view().path("host").asText());
    }

    public GuestMemoryFile memoryAt(TestNode node) {
        return GuestMemoryFile.ofGodwit(node.pid(), name());
    }

    public boolean hasMemoryAt(TestNode node) {
        try {
            ProbeWatch.open(memoryAt(node)).close();
            return true;
        } catch (NoSuchElementException none) {
            return false;
        }
    }

    /**
     * The guest's own counters, in a node's memory.
     *
     * @throws NoSuchElementException when the node has no memory of it, or no probe runs there
     */
    public ProbeCounters countersAt(TestNode node) {
        try (ProbeWatch watch = ProbeWatch.open(memoryAt(node))) {
            return watch.counters().orElseThrow();
        }
    }

    /** Waits until every vCPU has gone on since now. */
    public void awaitProgressAt(TestNode node, Duration limit) {
        ProbeCounters before = countersAt(node);
        within(limit, "every vCPU of " + name() + " goes on at host " + node, () -> {
            ProbeCounters after = countersAt(node);
            for (int vcpu = 0; vcpu < shape.vcpus(); vcpu++) {
                if (after.perVcpu().get(vcpu).heartbeat()
                        <= before.perVcpu().get(vcpu).heartbeat()) {
                    return false;
                }
            }
            return true;
        });
    }

    /** The guest runs at this node, on all vCPUs, and has found nothing wrong with its memory. */
    public void assertHealthyAt(TestNode node) {
        awaitProgressAt(node, Duration.ofSeconds(20));
        ProbeCounters counters = countersAt(node);
        assertThat(counters.errors())
                .as("errors the guest has found; the first at 0x%x", counters.firstErrorAddress())
                .isZero();
        assertThat(counters.tscBackwards())
                .as("times the guest's TSC went backwards")
                .isZero();
        within(Duration.ofSeconds(20), name() + " is shown running at " + node.name(), () -> {
            JsonNode seen = view();
            return seen.path("status").asText().equals("running")
                    && seen.path("host").asText().equals(node.name());
        });
    }

    /** Stops it, whatever it does, and removes its definition. */
    public void delete() {
        within(FILL_LIMIT, name() + " is stopped and deleted", () -> {
            Rest rest = cluster.any().rest();
            if (rest.get("/v1/vms/" + id).status() == 404) {
                return true;
            }
            rest.post("/v1/vms/" + id + "/stop", Map.of());
            return rest.delete("/v1/vms/" + id).status() == 204;
        });
    }

    /** Waits until nothing is under way with it, the release after a migration included. */
    public void awaitSettled(Duration limit) {
        within(limit, name() + " is running and not migrating", () -> {
            JsonNode view = view();
            return view.path("status").asText().equals("running")
                    && view.path("migration").isNull();
        });
    }

    public Migration migrateTo(TestNode target) {
        return migrateTo(target, Map.of());
    }

    /** Begins a migration, asked of the VM's own host. */
    public Migration migrateTo(TestNode target, Map<String, ?> options) {
        TestNode source = host();
        Map<String, Object> body = new HashMap<>(options);
        body.put("target", target.name());
        JsonNode accepted =
                source.rest().post("/v1/vms/" + id + "/migrations", body).ok();
        return new Migration(source, accepted.path("id").asText());
    }

    /** Why a migration there would be refused now; empty where it could begin. */
    public List<String> refusalsOf(TestNode target) {
        Map<String, Object> body = Map.of("target", target.name(), "dryRun", true);
        List<String> refusals = new ArrayList<>();
        host().rest()
                .post("/v1/vms/" + id + "/migrations", body)
                .ok()
                .path("refusals")
                .forEach(refusal -> refusals.add(refusal.asText()));
        return refusals;
    }

    /** The same without waiting for the answer, which the source may not live to give. */
    public void beginMigrationTo(TestNode target) {
        Rest rest = host().rest();
        Thread asking = new Thread(
                () -> {
                    try {
                        rest.post("/v1/vms/" + id + "/migrations", Map.of("target", target.name()));
                    } catch (RuntimeException died) {
                        // As may be intended: the migration is looked at from its target.
                    }
                },
                "godwit-it-migrate");
        asking.setDaemon(true);
        asking.start();
    }

    /** The migration under way, as its target sees it: it enters one some milliseconds behind the VM's memory. */
    public Migration migrationAt(TestNode target) {
        Migration[] found = new Migration[1];
        within(Duration.ofSeconds(30), "host " + target + " knows of a migration of " + name(), () -> {
            for (JsonNode migration : target.rest().get("/v1/migrations").ok()) {
                if (migration.path("vm").asText().equals(id)
                        && !Migration.ENDED.contains(migration.path("status").asText())) {
                    found[0] = new Migration(target, migration.path("id").asText());
                }
            }
            return found[0] != null;
        });
        return found[0];
    }

    /** Waits closely: what follows may be short. */
    public void awaitMemoryAt(TestNode node, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!hasMemoryAt(node)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(name() + " has no memory at host " + node + " after " + limit);
            }
            LockSupport.parkNanos(200_000);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
