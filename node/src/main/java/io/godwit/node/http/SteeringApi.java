package io.godwit.node.http;

import io.godwit.actors.migration.MigrationView;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What an operator tells a migration under way to do next, and what a VM dirties. */
final class SteeringApi {
    static final long USUAL_MS = 1_000;
    static final ValueType<Long> DURATION_MS = ValueType.number(100, 60_000);
    private static final String DIRTY_RATE = "/v1/vms/{id}/dirty-rate";

    private final ClusterAccess cluster;

    SteeringApi(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of(
                        "POST", "/v1/migrations/{id}/complete", call -> steer(call, cluster::forceCompleteMigration)),
                Endpoint.of("POST", "/v1/migrations/{id}/continue", call -> steer(call, cluster::continueMigration)),
                Endpoint.of("POST", DIRTY_RATE, this::measure),
                Endpoint.of(
                        "GET",
                        DIRTY_RATE,
                        call -> cluster.dirtyRate(call.variable("id"))
                                .thenApply(rate -> Responses.ok(Views.dirtyRate(rate)))));
    }

    private static CompletionStage<HttpResponse> steer(
            Call call, Function<String, CompletionStage<MigrationView>> step) {
        return call.json()
                .thenCompose(body -> {
                    new FieldReader(body).finish(() -> true);
                    return step.apply(call.variable("id"));
                })
                .thenApply(view -> Responses.ok(Views.migration(view)));
    }

    /** Answered once the measurement has begun. */
    private CompletionStage<HttpResponse> measure(Call call) {
        return call.json()
                .thenCompose(body -> {
                    FieldReader reader = new FieldReader(body);
                    long durationMs =
                            reader.optionalNumber("durationMs", DURATION_MS).orElse(USUAL_MS);
                    return cluster.measureDirtyRate(call.variable("id"), reader.finish(() -> durationMs));
                })
                .thenApply(rate -> Responses.json(202, Views.dirtyRate(rate)));
    }
}
