package io.godwit.node.http;

import com.typesafe.config.ConfigFactory;
import io.godwit.config.HostPort;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;

/** The HTTP door of a node. */
public final class Gateway {
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final ServerBinding binding;
    private final HostPort address;

    private Gateway(ServerBinding binding, HostPort address) {
        this.binding = binding;
        this.address = address;
    }

    /** Begins to serve. The stage fails where the address cannot be bound. */
    public static CompletionStage<Gateway> start(
            ActorSystem<?> system, HostPort bind, ClusterAccess cluster, QmpDoor qmp, PrometheusMeterRegistry metrics) {
        Materializer materializer = SystemMaterializer.get(system).materializer();
        Router router = new Router(endpoints(system, cluster, qmp, metrics), materializer, new HttpMetrics(metrics));
        ServerSettings settings = ServerSettings.create(ConfigFactory.parseResources(Gateway.class, "gateway.conf")
                .withFallback(system.settings().config())
                .resolve());
        return Http.get(system)
                .newServerAt(bind.host(), bind.port())
                .withSettings(settings)
                .bind(router::handle)
                .thenApply(binding -> new Gateway(
                        binding,
                        new HostPort(bind.host(), binding.localAddress().getPort())));
    }

    static List<Endpoint> endpoints(
            ActorSystem<?> system, ClusterAccess cluster, QmpDoor qmp, PrometheusMeterRegistry metrics) {
        return Stream.of(
                        new Api(cluster, system).endpoints(),
                        new ListApi(cluster).endpoints(),
                        new ParameterApi(cluster).endpoints(),
                        new SteeringApi(cluster).endpoints(),
                        new PowerApi(cluster).endpoints(),
                        new ConsoleApi(cluster, system).endpoints(),
                        new StorageApi(cluster.storage()).endpoints(),
                        new DeviceApi(cluster).endpoints(),
                        new MaintenanceApi(cluster.maintenance()).endpoints(),
                        new RecoveryApi(cluster.recoveries()).endpoints(),
                        new RebalanceApi(cluster.rebalancing()).endpoints(),
                        new LedgerApi(cluster.ledger()).endpoints(),
                        List.of(qmp(cluster, qmp)),
                        new Documents(metrics::scrape).endpoints())
                .flatMap(List::stream)
                .toList();
    }

    /** A reply that says an error is still a reply: only a VM that is not there is HTTP's to tell. */
    private static Endpoint qmp(ClusterAccess cluster, QmpDoor qmp) {
        return Endpoint.of(
                "POST",
                "/v1/vms/{id}/qmp",
                call -> call.bytes()
                        .thenCompose(
                                body -> cluster.vm(call.variable("id")).thenCompose(vm -> qmp.answer(vm.id(), body)))
                        .thenApply(Responses::ok));
    }

    /** Where it serves; the port is the real one. */
    public HostPort address() {
        return address;
    }

    /** Takes no new requests, gives those under way a moment, then ends all connections. */
    public CompletionStage<Void> stop() {
        return binding.terminate(GRACE).thenApply(terminated -> null);
    }
}
