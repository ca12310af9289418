package io.godwit.node.http;

import io.godwit.actors.vm.PowerRequest;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** A VM's buttons: stop, power button and reset, and the generation id. */
final class PowerApi {
    /** How long a guest may take to shut down; 0 is no time at all. */
    static final ValueType<Long> GRACE_MS = ValueType.durationMs(0, PowerRequest.MAX_GRACE_MS);

    private final ClusterAccess cluster;

    PowerApi(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("POST", "/v1/vms/{id}/stop", this::stop),
                Endpoint.of("POST", "/v1/vms/{id}/powerdown", call -> press(call, PowerRequest.PowerDown::new)),
                Endpoint.of("POST", "/v1/vms/{id}/reset", call -> press(call, PowerRequest.Reset::new)),
                Endpoint.of(
                        "POST",
                        "/v1/vms/{id}/renew-generation",
                        call -> press(call, PowerRequest.RenewGeneration::new)));
    }

    /** At once where no time is given. With one it is answered as soon as the button is pressed. */
    private CompletionStage<HttpResponse> stop(Call call) {
        return call.json().thenCompose(body -> {
            FieldReader reader = new FieldReader(body);
            Optional<Long> graceMs = reader.optional("timeout", GRACE_MS);
            long grace = reader.finish(() -> graceMs.orElse(0L));
            return ask(call, grace == 0 ? VmActor.Stop::new : replyTo -> new PowerRequest.StopWithin(grace, replyTo));
        });
    }

    private CompletionStage<HttpResponse> press(
            Call call, Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return call.json().thenCompose(body -> {
            new FieldReader(body).finish(() -> true);
            return ask(call, message);
        });
    }

    private CompletionStage<HttpResponse> ask(Call call, Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return cluster.request(call.variable("id"), message)
                .thenApply(answer -> Responses.ok(Views.vm(((VmActor.Done) answer).vm())));
    }
}
