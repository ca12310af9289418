package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/** A VM that runs the drive guest on virtio devices, made through the API and looked at from outside. */
public final class DriveVm {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestCluster cluster;
    private final String name;
    private final String id;

    private DriveVm(TestCluster cluster, String name, String id) {
        this.cluster = cluster;
        this.name = name;
        this.id = id;
    }

    /**
     * Creates and starts it.
     *
     * @param jobs the guest's command line, see {@code guests/drive/README.md}
     * @param devices fields of the request: {@code disks}, {@code nics}, {@code devices}
     */
    public static DriveVm start(
            TestCluster cluster, TestNode host, String name, String jobs, Map<String, Object> devices) {
        JsonNode created =
                host.rest().post("/v1/vms", request(host, name, jobs, devices)).ok();
        DriveVm vm = new DriveVm(cluster, name, created.path("id").asText());
        host.rest().post("/v1/vms/" + vm.id + "/start", Map.of()).ok();
        return vm;
    }

    /** The body of a request to create one. */
    public static Map<String, Object> request(TestNode host, String name, String jobs, Map<String, Object> devices) {
        Map<String, Object> body = new HashMap<>(devices);
        body.put("name", name);
        body.put("memory", "64MiB");
        body.put("kernel", kernel().toString());
        body.put("cmdline", jobs);
        body.put("host", host.name());
        return body;
    }

    private static Path kernel() {
        try {
            return GuestKernel.DRIVE.extractTo(Checkout.scratch("kernel").resolve("drive.elf"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String id() {
        return id;
    }

    /**
     * What the guest says of itself, in a node's memory.
     *
     * @throws NoSuchElementException when the node has no memory of it, or the guest has not begun
     */
    public DriveResults resultsAt(TestNode node) {
        try (ProbeWatch watch = ProbeWatch.open(GuestMemoryFile.ofGodwit(node.pid(), name))) {
            return watch.driveResults().orElseThrow();
        }
    }

    /** Waits until so much more was done than now. */
    public void awaitOperationsAt(TestNode node, long more) {
        long[] from = {-1};
        within(LIMIT, "the guest of " + name + " does " + more + " operations at host " + node, () -> {
            try {
                long now = resultsAt(node).operations();
                from[0] = from[0] < 0 ? now : from[0];
                return now >= from[0] + more;
            } catch (NoSuchElementException notYet) {
                return false;
            }
        });
    }

    public Migration migrate(TestNode from, TestNode to) {
        JsonNode accepted = from.rest()
                .post("/v1/vms/" + id + "/migrations", Map.of("target", to.name()))
                .ok();
        return new Migration(from, accepted.path("id").asText());
    }

    /** Moves it and waits until the source has let go. */
    public void move(TestNode from, TestNode to) {
        JsonNode end = migrate(from, to).awaitEnd(LIMIT);
        assertThat(end.path("status").asText()).as(end.toString()).isEqualTo("completed");
        within(LIMIT, name + " is running and not migrating", () -> {
            JsonNode view = cluster.any().rest().get("/v1/vms/" + id).ok();
            return view.path("status").asText().equals("running")
                    && view.path("migration").isNull();
        });
    }
}
