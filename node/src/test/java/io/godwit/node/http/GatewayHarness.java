package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.godwit.config.HostPort;
import io.godwit.node.qmp.QmpCommands;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The gateway over real HTTP, in front of a cluster that the test scripts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(30)
abstract class GatewayHarness {
    static final ObjectMapper JSON = new ObjectMapper();

    final HttpClient http = HttpClient.newHttpClient();
    final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ActorTestKit kit;
    FakeCluster cluster;
    Gateway gateway;

    @BeforeAll
    void startActors() {
        kit = ActorTestKit.create();
    }

    @BeforeEach
    void startGateway() throws Exception {
        cluster = new FakeCluster(kit);
        gateway = Gateway.start(
                        kit.system(), new HostPort("127.0.0.1", 0), cluster, new QmpCommands(cluster)::answer, metrics)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopGateway() throws Exception {
        gateway.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    void stopActors() {
        kit.shutdownTestKit();
    }

    static void assertSameFields(JsonNode documented, JsonNode served) {
        assertThat(documented.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(served::fieldNames);
    }

    static void assertProblem(HttpResponse<String> response, int status, String detail) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        assertThat(tree(response).get("status").asInt()).isEqualTo(status);
        assertThat(tree(response).get("type").asText()).startsWith("/problems/");
        assertThat(tree(response).get("detail").asText()).contains(detail);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static JsonNode tree(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    JsonNode get(String path) throws Exception {
        HttpResponse<String> response = send("GET", path, null);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return tree(response);
    }

    HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    URI uri(String path) {
        return URI.create("http://" + gateway.address() + path);
    }
}
