package io.godwit.node.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** What is served as it stands: the API's document, the dashboard, and the metrics of this moment. */
final class Documents {
    private static final ContentType PROMETHEUS = ContentTypes.parse("text/plain; version=0.0.4; charset=UTF-8");

    /** The page is one file: its own style and script, its own node, nothing from elsewhere. */
    private static final String PAGE_POLICY =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";

    private final byte[] openApi = resource("openapi.json");
    private final byte[] dashboard = resource("dashboard.html");
    private final Supplier<String> metrics;

    Documents(Supplier<String> metrics) {
        this.metrics = metrics;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/openapi.json", call -> serve(ContentTypes.APPLICATION_JSON, openApi)),
                Endpoint.of("GET", "/", this::dashboard),
                Endpoint.of("GET", "/metrics", this::metrics));
    }

    private CompletionStage<HttpResponse> dashboard(Call call) {
        return serve(ContentTypes.TEXT_HTML_UTF8, dashboard)
                .thenApply(response -> response.addHeader(RawHeader.create("Content-Security-Policy", PAGE_POLICY)));
    }

    private CompletionStage<HttpResponse> metrics(Call call) {
        return CompletableFuture.completedStage(HttpResponse.create()
                .withEntity(HttpEntities.create(
                        PROMETHEUS, metrics.get().getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    }

    private static CompletionStage<HttpResponse> serve(ContentType type, byte[] bytes) {
        return CompletableFuture.completedStage(HttpResponse.create().withEntity(HttpEntities.create(type, bytes)));
    }

    private static byte[] resource(String name) {
        try (InputStream stream = Documents.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("the resource " + name + " is missing from this build");
            }
            return stream.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
