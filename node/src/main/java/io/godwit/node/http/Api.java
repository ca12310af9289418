package io.godwit.node.http;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.FieldReader;
import io.godwit.config.MigrationRequest;
import io.godwit.config.ValueType;
import io.godwit.config.VmRequest;
import io.godwit.config.device.ConsoleName;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.VmInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The REST API: every request about a VM is one message to its actor. */
final class Api {
    private final ClusterAccess cluster;
    private final Serial serial;
    private final EventStream events;

    Api(ClusterAccess cluster, ClassicActorSystemProvider system) {
        this.cluster = cluster;
        this.serial = new Serial(cluster, system);
        this.events = new EventStream(cluster);
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/cluster", call -> cluster.cluster().thenApply(Responses::ok)),
                Endpoint.of("GET", "/v1/alarms", this::alarms),
                Endpoint.of("POST", "/v1/vms", this::create),
                Endpoint.of("GET", "/v1/vms/{id}", this::vm),
                Endpoint.of("DELETE", "/v1/vms/{id}", this::delete),
                Endpoint.of("POST", "/v1/vms/{id}/start", call -> change(call, VmActor.Start::new)),
                Endpoint.of("POST", "/v1/vms/{id}/pause", call -> change(call, VmActor.Pause::new)),
                Endpoint.of("POST", "/v1/vms/{id}/resume", call -> change(call, VmActor.Resume::new)),
                new Endpoint("GET", "/v1/vms/{id}/serial", Set.of("from", "follow", "device"), this::serial),
                Endpoint.of("POST", "/v1/vms/{id}/messages", this::message),
                Endpoint.of("POST", "/v1/vms/{id}/migrations", this::migrate),
                Endpoint.of("GET", "/v1/migrations", this::migrations),
                Endpoint.of("GET", "/v1/migrations/{id}", this::migration),
                Endpoint.of("DELETE", "/v1/migrations/{id}", this::cancel),
                Endpoint.of("GET", "/v1/leftovers", this::leftovers),
                Endpoint.of("DELETE", "/v1/leftovers/{id}", this::discard),
                Endpoint.of("GET", "/v1/events", events::open));
    }

    private CompletionStage<HttpResponse> alarms(Call call) {
        return cluster.alarms()
                .thenApply(all -> Responses.ok(all.stream().map(Views::alarm).toList()));
    }

    private CompletionStage<HttpResponse> create(Call call) {
        return call.json()
                .thenCompose(body -> cluster.create(VmRequest.parse(body)))
                .thenApply(view -> {
                    VmInfo vm = Views.vm(view);
                    return Responses.made(201, "/v1/vms/" + vm.id(), vm);
                });
    }

    private CompletionStage<HttpResponse> vm(Call call) {
        return cluster.vm(call.variable("id")).thenApply(view -> Responses.ok(Views.vm(view)));
    }

    private CompletionStage<HttpResponse> delete(Call call) {
        return cluster.request(call.variable("id"), VmActor.Delete::new).thenApply(deleted -> Responses.nothing());
    }

    /** A request without fields: a body, where there is one, is {@code {}}. */
    private CompletionStage<HttpResponse> change(
            Call call, Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return call.json().thenCompose(body -> {
            new FieldReader(body).finish(() -> true);
            return cluster.request(call.variable("id"), message)
                    .thenApply(answer -> Responses.ok(Views.vm(((VmActor.Done) answer).vm())));
        });
    }

    private CompletionStage<HttpResponse> serial(Call call) {
        long from = call.query("from", Serial.POSITION).orElse(0L);
        boolean follow = call.query("follow", ValueType.bool()).orElse(false);
        ConsoleName device = call.query("device", ConsoleApi.DEVICE).orElse(ConsoleName.SERIAL);
        return serial.read(new Serial.Log(call.variable("id"), device), from, follow);
    }

    private CompletionStage<HttpResponse> message(Call call) {
        return call.json()
                .thenCompose(body -> {
                    Optional<MigrationRequest> move = VmMessages.migration(body);
                    return move.isPresent()
                            ? move(call.variable("id"), move.get())
                            : cluster.request(call.variable("id"), VmMessages.parse(body));
                })
                .thenApply(answer -> Responses.ok(VmMessages.answer(answer)));
    }

    private CompletionStage<VmActor.Answer> move(String vm, MigrationRequest request) {
        return request.dryRun()
                ? cluster.plan(vm, request.destination(), request.parameters()).thenApply(VmActor.Planned::new)
                : begin(vm, request).thenApply(VmActor.MigrationAccepted::new);
    }

    private CompletionStage<MigrationView> begin(String vm, MigrationRequest request) {
        return switch (request.mode()) {
            case LIVE -> cluster.migrate(vm, request.destination(), request.parameters());
            case RESCUE -> cluster.recoveries().rescue(vm, request.destination().target(), request.autoStart());
            case COLD -> cluster.migrateCold(vm, request.destination().target().orElseThrow(), request.autoStart());
        };
    }

    private CompletionStage<HttpResponse> migrate(Call call) {
        return call.json().thenCompose(body -> {
            MigrationRequest request = MigrationRequest.parse(body);
            if (request.dryRun()) {
                return cluster.plan(call.variable("id"), request.destination(), request.parameters())
                        .thenApply(plan -> Responses.ok(Views.plan(plan)));
            }
            return begin(call.variable("id"), request).thenApply(view -> {
                MigrationInfo migration = Views.migration(view);
                return Responses.made(202, "/v1/migrations/" + migration.id(), migration);
            });
        });
    }

    private CompletionStage<HttpResponse> migrations(Call call) {
        return cluster.migrations()
                .thenApply(
                        all -> Responses.ok(all.stream().map(Views::migration).toList()));
    }

    private CompletionStage<HttpResponse> migration(Call call) {
        return cluster.migration(call.variable("id")).thenApply(view -> Responses.ok(Views.migration(view)));
    }

    private CompletionStage<HttpResponse> cancel(Call call) {
        return cluster.cancelMigration(call.variable("id")).thenApply(view -> Responses.ok(Views.migration(view)));
    }

    private CompletionStage<HttpResponse> leftovers(Call call) {
        return cluster.leftovers()
                .thenApply(all -> Responses.ok(all.stream().map(Views::leftover).toList()));
    }

    private CompletionStage<HttpResponse> discard(Call call) {
        return cluster.discardLeftover(call.variable("id")).thenApply(gone -> Responses.nothing());
    }
}
