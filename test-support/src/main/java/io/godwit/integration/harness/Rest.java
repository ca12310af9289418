package io.godwit.integration.harness;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/** One node's REST API, spoken to as any client would: nothing of Godwit's own code is used. */
public final class Rest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final String url;

    public Rest(String url) {
        this.url = url;
    }

    /** An answer; {@code body} is a missing node where there is none. */
    public record Answer(int status, String contentType, JsonNode body) {
        /** The body of an answer that says yes. */
        public JsonNode ok() {
            if (status >= 300) {
                throw new AssertionError("refused with " + status + ": " + body);
            }
            return body;
        }

        public String text(String field) {
            return body.path(field).asText();
        }
    }

    public Answer get(String path) {
        return send(HttpRequest.newBuilder().GET(), path);
    }

    public Answer post(String path, Map<String, ?> body) {
        return postRaw(path, write(body));
    }

    /** Posts text as it is, JSON or not. */
    public Answer postRaw(String path, String body) {
        return send(
                HttpRequest.newBuilder().POST(BodyPublishers.ofString(body)).header("Content-Type", "application/json"),
                path);
    }

    public Answer put(String path, Map<String, ?> body) {
        return send(HttpRequest.newBuilder().PUT(BodyPublishers.ofString(write(body))), path);
    }

    public Answer patch(String path, Map<String, ?> body) {
        return send(HttpRequest.newBuilder().method("PATCH", BodyPublishers.ofString(write(body))), path);
    }

    public Answer delete(String path) {
        return send(HttpRequest.newBuilder().DELETE(), path);
    }

    /** An answer without end; the caller closes it. */
    public InputStream stream(String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofInputStream())
                .body();
    }

    private Answer send(HttpRequest.Builder request, String path) {
        try {
            HttpResponse<String> response = HTTP.send(
                    request.uri(URI.create(url + path)).timeout(TIMEOUT).build(), BodyHandlers.ofString());
            String type = response.headers().firstValue("content-type").orElse("");
            return new Answer(response.statusCode(), type, parse(type, response.body()));
        } catch (IOException failed) {
            throw new UncheckedIOException(url + path + " did not answer", failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking " + url + path, interrupted);
        }
    }

    private static JsonNode parse(String type, String body) throws JsonProcessingException {
        return body.isEmpty() || !type.contains("json") ? MissingNode.getInstance() : JSON.readTree(body);
    }

    /** JSON, as a request wants it. */
    public static String write(Map<String, ?> body) {
        try {
            return JSON.writeValueAsString(body);
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Reads a line of JSON, such as a command's last one. */
    public static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException malformed) {
            throw new UncheckedIOException("not JSON: " + json, malformed);
        }
    }

    @Override
    public String toString() {
        return url;
    }
}
