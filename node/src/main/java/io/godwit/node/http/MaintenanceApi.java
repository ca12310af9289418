package io.godwit.node.http;

import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.node.api.DrainInfo;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Maintenance of hosts: drains, and the restores behind them. */
final class MaintenanceApi {
    private static final String DRAINS = "/v1/drains";
    private static final ValueType<Long> CONCURRENCY = ValueType.number(1, HostMaintenance.MAX_CONCURRENCY);

    private final Maintenance maintenance;

    MaintenanceApi(Maintenance maintenance) {
        this.maintenance = maintenance;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("POST", "/v1/hosts/{name}/drain", call -> begin(call, maintenance::drain)),
                Endpoint.of("POST", "/v1/hosts/{name}/restore", call -> begin(call, maintenance::restore)),
                Endpoint.of("GET", DRAINS, this::list),
                Endpoint.of(
                        "GET",
                        DRAINS + "/{id}",
                        call -> maintenance.find(call.variable("id")).thenApply(view -> Responses.ok(info(view)))),
                new Endpoint("DELETE", DRAINS + "/{id}", Set.of("finish"), this::cancel));
    }

    /** Answered once the ledger has it. */
    private static CompletionStage<HttpResponse> begin(
            Call call, BiFunction<String, Integer, CompletionStage<MaintenanceView>> operation) {
        return call.json()
                .thenCompose(body -> {
                    FieldReader reader = new FieldReader(body);
                    int concurrency = reader.optionalNumber("concurrency", CONCURRENCY)
                            .map(Long::intValue)
                            .orElse(HostMaintenance.USUAL_CONCURRENCY);
                    return operation.apply(call.variable("name"), reader.finish(() -> concurrency));
                })
                .thenApply(view -> Responses.made(202, DRAINS + "/" + view.id(), info(view)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        return maintenance
                .list()
                .thenApply(all ->
                        Responses.ok(all.stream().map(MaintenanceApi::info).toList()));
    }

    private CompletionStage<HttpResponse> cancel(Call call) {
        boolean finish = call.query("finish", ValueType.bool()).orElse(false);
        return maintenance.cancel(call.variable("id"), finish).thenApply(view -> Responses.ok(info(view)));
    }

    private static DrainInfo info(MaintenanceView view) {
        return new DrainInfo(
                view.id(),
                view.host(),
                view.kind(),
                view.state(),
                view.concurrency(),
                Views.time(view.startedAtEpochMs()),
                view.vms().stream()
                        .map(vm -> new DrainInfo.MoveInfo(
                                vm.vmId(), vm.vmName(), vm.state(), vm.host(), vm.migrationId(), vm.reason()))
                        .toList());
    }
}
