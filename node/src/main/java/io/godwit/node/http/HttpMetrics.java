package io.godwit.node.http;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Counts requests by endpoint and outcome: never by a path as given, of which there is no end. */
final class HttpMetrics {
    private final MeterRegistry registry;

    HttpMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    HttpResponse count(Endpoint endpoint, HttpResponse response) {
        registry.counter(
                        "godwit.http.requests",
                        "method",
                        endpoint.method(),
                        "path",
                        endpoint.path(),
                        "status",
                        Integer.toString(response.status().intValue()))
                .increment();
        return response;
    }
}
