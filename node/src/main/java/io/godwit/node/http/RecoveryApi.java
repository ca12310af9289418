package io.godwit.node.http;

import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.recovery.RecoveryView;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.node.api.AutoMigrateInfo;
import io.godwit.node.api.ConfirmedDeadInfo;
import io.godwit.node.api.RecoveryInfo;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What becomes of the VMs of a host that is down. */
final class RecoveryApi {
    private static final String AUTO_MIGRATE = "/v1/hosts/{name}/auto-migrate-on-host-down";

    private final Recoveries recoveries;

    RecoveryApi(Recoveries recoveries) {
        this.recoveries = recoveries;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/recoveries", this::list),
                Endpoint.of("POST", "/v1/hosts/{name}/confirm-dead", this::confirmDead),
                Endpoint.of("DELETE", "/v1/hosts/{name}", this::forget),
                Endpoint.of("GET", AUTO_MIGRATE, this::autoMigrate),
                Endpoint.of("POST", AUTO_MIGRATE, this::setAutoMigrate));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        return recoveries
                .list()
                .thenApply(
                        all -> Responses.ok(all.stream().map(RecoveryApi::info).toList()));
    }

    private CompletionStage<HttpResponse> confirmDead(Call call) {
        String host = host(call);
        return call.json().thenCompose(body -> {
            new FieldReader(body).finish(() -> true);
            return recoveries
                    .confirmDead(host)
                    .thenApply(lives -> Responses.ok(new ConfirmedDeadInfo(
                            host, lives.stream().map(HostIdentity::incarnation).toList())));
        });
    }

    private CompletionStage<HttpResponse> forget(Call call) {
        return recoveries.forget(host(call)).thenApply(done -> Responses.nothing());
    }

    private CompletionStage<HttpResponse> autoMigrate(Call call) {
        String host = host(call);
        return recoveries.isAutoMigrated(host).thenApply(on -> Responses.ok(new AutoMigrateInfo(host, on)));
    }

    private CompletionStage<HttpResponse> setAutoMigrate(Call call) {
        String host = host(call);
        return call.json().thenCompose(body -> {
            FieldReader reader = new FieldReader(body);
            Optional<Boolean> enabled = reader.required("enabled", ValueType.bool());
            return recoveries
                    .setAutoMigrated(host, reader.finish(enabled::orElseThrow))
                    .thenApply(set -> Responses.ok(new AutoMigrateInfo(host, set)));
        });
    }

    private static String host(Call call) {
        return ValueType.name().parse("host", call.variable("name"));
    }

    private static RecoveryInfo info(RecoveryView view) {
        return new RecoveryInfo(
                view.id(),
                view.vmId(),
                view.vmName(),
                view.from(),
                view.incarnation(),
                view.to(),
                view.state(),
                view.reason(),
                Instant.ofEpochMilli(view.beganEpochMs()).toString(),
                Instant.ofEpochMilli(view.changedEpochMs()).toString());
    }
}
