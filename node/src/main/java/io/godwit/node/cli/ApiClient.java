package io.godwit.node.cli;

import io.godwit.node.api.Json;
import io.godwit.node.api.ProblemInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks a node's gateway. Thread-safe. */
public final class ApiClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    private final String api;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    /**
     * A client of one node.
     *
     * @param api URL of a gateway, such as {@code http://127.0.0.1:7400}
     * @throws IllegalArgumentException when it is none
     */
    public ApiClient(String api) {
        String url = api.endsWith("/") ? api.substring(0, api.length() - 1) : api;
        if (!isHttpUrl(url)) {
            throw new IllegalArgumentException(
                    "\"" + api + "\" is not accepted as the API's URL; expected one such as http://127.0.0.1:7400");
        }
        this.api = url;
    }

    private static boolean isHttpUrl(String url) {
        try {
            URI uri = new URI(url);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null;
        } catch (URISyntaxException malformed) {
            return false;
        }
    }

    /** One path segment, such as a VM's name, made safe. */
    public static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** A path with the parameters that were given: those that are null are left out. */
    static String query(String path, Map<String, @Nullable String> parameters) {
        String query = parameters.entrySet().stream()
                .filter(parameter -> parameter.getValue() != null)
                .map(parameter -> parameter.getKey() + "=" + segment(String.valueOf(parameter.getValue())))
                .collect(Collectors.joining("&"));
        return query.isEmpty() ? path : path + "?" + query;
    }

    public byte[] get(String path) {
        return send("GET", path, null);
    }

    public <T> T get(String path, Class<T> type) {
        return read(get(path), type);
    }

    public byte[] post(String path, Map<String, ?> body) {
        return send("POST", path, body);
    }

    /** A file as it is, in gzip. */
    public byte[] postBytes(String path, byte[] body) {
        return send(HttpRequest.newBuilder(URI.create(api + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/gzip")
                .POST(BodyPublishers.ofByteArray(body)));
    }

    /** A change; a field that is null takes back what was set. */
    public byte[] patch(String path, Map<String, ?> body) {
        return send("PATCH", path, body);
    }

    public byte[] delete(String path) {
        return send("DELETE", path, null);
    }

    public <T> T read(byte[] json, Class<T> type) {
        try {
            return Json.read(json, type);
        } catch (IOException malformed) {
            throw ApiException.unexpected(
                    api + " answered what is not a " + type.getSimpleName() + ": " + malformed.getMessage());
        }
    }

    private byte[] send(String method, String path, @Nullable Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path))
                .timeout(REQUEST_TIMEOUT)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(Json.write(body)));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return send(request);
    }

    private byte[] send(HttpRequest.Builder request) {
        HttpResponse<byte[]> response = exchange(request.build(), BodyHandlers.ofByteArray());
        if (response.statusCode() >= 300) {
            throw refusal(response.statusCode(), response.body());
        }
        return response.body();
    }

    /** An answer that goes on for as long as both sides like; the caller closes it. */
    public HttpResponse<InputStream> stream(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + path)).build();
        HttpResponse<InputStream> response = exchange(request, BodyHandlers.ofInputStream());
        if (response.statusCode() >= 300) {
            try (InputStream body = response.body()) {
                throw refusal(response.statusCode(), body.readAllBytes());
            } catch (IOException cut) {
                throw ApiException.unexpected(api + path + " answered " + response.statusCode());
            }
        }
        return response;
    }

    /**
     * Opens a WebSocket.
     *
     * @param reason what to read where it is refused: the answer to a WebSocket's request has no body for the client
     */
    WebSocket webSocket(String path, WebSocket.Listener listener, String reason) {
        URI uri = URI.create("ws" + api.substring("http".length()) + path);
        try {
            return http.newWebSocketBuilder()
                    .connectTimeout(REQUEST_TIMEOUT)
                    .buildAsync(uri, listener)
                    .join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof WebSocketHandshakeException refused) {
                get(reason);
                throw ApiException.unexpected(
                        api + path + " answered " + refused.getResponse().statusCode() + " instead of a console");
            }
            throw ApiException.unreachable(api, String.valueOf(failed.getCause()));
        }
    }

    private ApiException refusal(int status, byte[] body) {
        try {
            return ApiException.refused(Json.read(body, ProblemInfo.class));
        } catch (IOException noProblem) {
            return ApiException.unexpected(api + " answered " + status + ": "
                    + new String(body, StandardCharsets.UTF_8)
                            .lines()
                            .findFirst()
                            .orElse("nothing"));
        }
    }

    private <T> HttpResponse<T> exchange(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (ConnectException refused) {
            throw ApiException.unreachable(api, "connection refused");
        } catch (IOException failed) {
            throw ApiException.unreachable(api, String.valueOf(failed.getMessage()));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted");
        }
    }
}
