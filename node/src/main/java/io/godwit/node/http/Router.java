package io.godwit.node.http;

import io.godwit.config.InvalidValueException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;

/**
 * Finds the endpoint of a request. A table rather than Pekko's route tree, because the table can be compared with the
 * API's document and can say which methods a path has.
 */
final class Router {
    private final List<Endpoint> endpoints;
    private final Materializer materializer;
    private final HttpMetrics metrics;

    Router(List<Endpoint> endpoints, Materializer materializer, HttpMetrics metrics) {
        this.endpoints = List.copyOf(endpoints);
        this.materializer = materializer;
        this.metrics = metrics;
    }

    List<Endpoint> endpoints() {
        return endpoints;
    }

    /** Answers every request, never with a failed stage. */
    CompletionStage<HttpResponse> handle(HttpRequest request) {
        try {
            refuseOtherOrigins(request);
            return route(request);
        } catch (RuntimeException refused) {
            return refuse(request, refused);
        }
    }

    private CompletionStage<HttpResponse> route(HttpRequest request) {
        Map<Endpoint, Map<String, String>> matches = new LinkedHashMap<>();
        List<String> segments = segments(request);
        endpoints.forEach(
                endpoint -> endpoint.match(segments).ifPresent(variables -> matches.put(endpoint, variables)));
        Optional<Endpoint> found = matches.keySet().stream()
                .filter(endpoint -> endpoint.method().equals(request.method().name()))
                .findFirst();
        if (found.isEmpty()) {
            throw matches.isEmpty() ? noSuchPath(request) : noSuchMethod(request, matches.keySet());
        }
        Endpoint endpoint = found.get();
        refuseUnknownParameters(request, endpoint);
        Map<String, String> variables = matches.getOrDefault(endpoint, Map.of());
        return endpoint.handler()
                .handle(new Call(request, variables, materializer))
                .exceptionallyCompose(failure -> refuse(request, failure))
                .thenApply(response -> metrics.count(endpoint, response));
    }

    private CompletionStage<HttpResponse> refuse(HttpRequest request, Throwable failure) {
        request.discardEntityBytes(materializer);
        return CompletableFuture.completedStage(Problems.of(failure));
    }

    /** Decoded segments; a trailing slash makes an empty one, which no template has. */
    private static List<String> segments(HttpRequest request) {
        List<String> segments = new ArrayList<>();
        request.getUri().pathSegments().forEach(segments::add);
        boolean endsWithSlash = request.getUri().path().endsWith("/");
        if (segments.isEmpty() || endsWithSlash) {
            segments.add("");
        }
        return segments;
    }

    private static HttpRefusal noSuchPath(HttpRequest request) {
        return new HttpRefusal(
                404,
                "Not found",
                "there is nothing at " + request.getUri().path() + "; GET /v1/openapi.json lists what there is");
    }

    private static HttpRefusal noSuchMethod(HttpRequest request, Iterable<Endpoint> matches) {
        List<String> methods = new ArrayList<>();
        matches.forEach(endpoint -> methods.add(endpoint.method()));
        String allowed = String.join(", ", methods);
        return new HttpRefusal(
                405,
                "Method not allowed",
                request.method().name() + " is not accepted at "
                        + request.getUri().path() + "; expected " + allowed,
                RawHeader.create("Allow", allowed));
    }

    private static void refuseUnknownParameters(HttpRequest request, Endpoint endpoint) {
        request.getUri().query().toMultiMap().forEach((name, values) -> {
            if (!endpoint.queryParameters().contains(name)) {
                String known = endpoint.queryParameters().stream().sorted().collect(Collectors.joining(", "));
                throw new InvalidValueException(
                        name,
                        request.getUri().query().get(name).orElse(""),
                        known.isEmpty() ? "no query parameters" : "only the query parameters " + known);
            }
            if (values.size() > 1) {
                throw new InvalidValueException(name, String.join(", ", values), "one value");
            }
        });
    }

    /** A page of another site, open in the operator's browser, must not drive the API: it asks for no password. */
    private static void refuseOtherOrigins(HttpRequest request) {
        String origin = request.getHeader("Origin").map(HttpHeader::value).orElse("");
        String host = request.getHeader("Host").map(HttpHeader::value).orElse("");
        if (!origin.isEmpty() && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
            throw new HttpRefusal(
                    403,
                    "Forbidden",
                    "requests from pages of " + origin + " are not accepted; expected http://" + host);
        }
    }
}
