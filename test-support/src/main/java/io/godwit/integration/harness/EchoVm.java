package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.vmm.probe.GuestKernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A VM that gives back what is typed at its serial port and its virtio console. */
public final class EchoVm {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestCluster cluster;
    private final String name;
    private final String id;

    private EchoVm(TestCluster cluster, String name, String id) {
        this.cluster = cluster;
        this.name = name;
        this.id = id;
    }

    /** Creates and starts one. */
    public static EchoVm start(TestCluster cluster, TestNode host, String name) {
        Map<String, Object> body = Map.of(
                "name",
                name,
                "memory",
                "64MiB",
                "kernel",
                kernel().toString(),
                "cmdline",
                "console",
                "devices",
                List.of("console"),
                "host",
                host.name());
        String id = host.rest().post("/v1/vms", body).ok().path("id").asText();
        host.rest().post("/v1/vms/" + id + "/start", Map.of()).ok();
        return new EchoVm(cluster, name, id);
    }

    private static Path kernel() {
        try {
            return GuestKernel.ECHO.extractTo(Checkout.scratch("kernel").resolve("echo.elf"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String name() {
        return name;
    }

    public JsonNode view() {
        return cluster.any().rest().get("/v1/vms/" + id).ok();
    }

    /** Moves it and waits until it runs at the target and no migration is under way. */
    public void move(TestNode from, TestNode to) {
        JsonNode accepted = from.rest()
                .post("/v1/vms/" + id + "/migrations", Map.of("target", to.name()))
                .ok();
        JsonNode end = new Migration(from, accepted.path("id").asText()).awaitEnd(LIMIT);
        assertThat(end.path("status").asText()).as(end.toString()).isEqualTo("completed");
        within(LIMIT, name + " is running and not migrating", () -> {
            JsonNode view = view();
            return view.path("status").asText().equals("running")
                    && view.path("migration").isNull()
                    && view.path("host").asText().equals(to.name());
        });
    }
}
