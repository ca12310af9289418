package io.godwit.node.http;

import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationRequest;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * What migrations go by: of the cluster, of a VM, of a migration under way. PUT replaces what was set, PATCH changes
 * what it names and unsets what it names with null.
 */
final class ParameterApi {
    private static final String CLUSTER = "/v1/migration-parameters";
    private static final String VM = "/v1/vms/{id}/migration-parameters";

    private final ClusterAccess cluster;

    ParameterApi(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", CLUSTER, call -> answer(cluster.clusterParameters(), ParameterLayers::cluster)),
                Endpoint.of("PUT", CLUSTER, call -> changeCluster(call, ParameterApi::replacement)),
                Endpoint.of("PATCH", CLUSTER, call -> changeCluster(call, MigrationRequest::parseChange)),
                Endpoint.of("GET", VM, call -> answer(cluster.vmParameters(call.variable("id")), ParameterLayers::vm)),
                Endpoint.of("PUT", VM, call -> changeVm(call, ParameterApi::replacement)),
                Endpoint.of("PATCH", VM, call -> changeVm(call, MigrationRequest::parseChange)),
                Endpoint.of("PATCH", "/v1/migrations/{id}", this::changeMigration));
    }

    private static ParametersChange replacement(Map<String, ?> body) {
        return ParametersChange.replacing(MigrationRequest.parseParameters(body));
    }

    private CompletionStage<HttpResponse> changeCluster(Call call, Function<Map<String, ?>, ParametersChange> reader) {
        return call.json()
                .thenCompose(
                        body -> answer(cluster.changeClusterParameters(reader.apply(body)), ParameterLayers::cluster));
    }

    private CompletionStage<HttpResponse> changeVm(Call call, Function<Map<String, ?>, ParametersChange> reader) {
        return call.json()
                .thenCompose(body -> answer(
                        cluster.changeVmParameters(call.variable("id"), reader.apply(body)), ParameterLayers::vm));
    }

    private CompletionStage<HttpResponse> changeMigration(Call call) {
        return call.json()
                .thenCompose(body -> cluster.changeMigration(
                        call.variable("id"),
                        MigrationRequest.parseParameters(body).whileRunning()))
                .thenApply(view -> Responses.ok(Views.migration(view)));
    }

    private static CompletionStage<HttpResponse> answer(
            CompletionStage<ParameterLayers> layers, Function<ParameterLayers, MigrationParameters> here) {
        return layers.thenApply(all -> {
            SortedMap<String, String> set = here.apply(all).values();
            return Responses.ok(Views.parameters(all, set));
        });
    }
}
