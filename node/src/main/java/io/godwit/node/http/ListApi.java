package io.godwit.node.http;

import io.godwit.actors.host.HostView;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Lists of hosts and of VMs, all or those that are looked for, and one host. */
final class ListApi {
    private static final int MAX_SEARCH_CHARACTERS = 64;

    /** Of maintenance, then of membership: every word that a host's state may be. */
    private static final List<String> HOST_STATES = List.of(
            "up",
            "draining",
            "maintenance",
            "restoring",
            "unreachable",
            "joining",
            "weaklyup",
            "leaving",
            "exiting",
            "down",
            "removed");

    private static final ValueType<String> SEARCH = ValueType.of(
            "part of a name or id, 1 to " + MAX_SEARCH_CHARACTERS + " characters",
            text -> !text.isBlank() && text.length() <= MAX_SEARCH_CHARACTERS,
            text -> text.toLowerCase(Locale.ROOT));
    private static final ValueType<VmStatus> STATUS = ValueType.oneOf(VmStatus.class);
    private static final ValueType<String> STATE =
            ValueType.of("one of " + String.join(", ", HOST_STATES), HOST_STATES::contains, text -> text);

    private final ClusterAccess cluster;

    ListApi(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/v1/hosts", Set.of("search", "state", "zone"), this::hosts),
                Endpoint.of("GET", "/v1/hosts/{name}", this::host),
                new Endpoint("GET", "/v1/vms", Set.of("search", "host", "status"), this::vms));
    }

    private CompletionStage<HttpResponse> hosts(Call call) {
        Optional<String> search = call.query("search", SEARCH);
        Optional<String> state = call.query("state", STATE);
        Optional<String> zone = call.query("zone", ValueType.name());
        return cluster.hosts()
                .thenApply(hosts -> Responses.ok(hosts.stream()
                        .filter(host -> contains(search, host.id())
                                && equal(state, host.state())
                                && equal(zone, host.resources().zone()))
                        .map(Views::host)
                        .toList()));
    }

    private CompletionStage<HttpResponse> host(Call call) {
        String name = ValueType.name().parse("host", call.variable("name"));
        return cluster.hosts()
                .thenApply(hosts -> hosts.stream()
                        .filter(host -> host.id().equals(name))
                        .findFirst()
                        .map(host -> Responses.ok(Views.host(host)))
                        .orElseThrow(() -> new ProblemException(Problem.of(
                                Problem.Kind.NOT_FOUND,
                                "host",
                                name,
                                oneOf(hosts),
                                "there is no host \"" + name + "\"; the hosts are " + names(hosts)))));
    }

    private CompletionStage<HttpResponse> vms(Call call) {
        Optional<String> search = call.query("search", SEARCH);
        Optional<String> host = call.query("host", ValueType.name());
        Optional<VmStatus> status = call.query("status", STATUS);
        return cluster.vms().thenCompose(all -> {
            List<VmView> there =
                    all.stream().filter(vm -> equal(host, vm.host())).toList();
            CompletionStage<?> known =
                    there.isEmpty() ? host.map(this::requireHost).orElse(done()) : done();
            return known.thenApply(ok -> Responses.ok(there.stream()
                    .filter(vm -> contains(search, vm.spec().name(), vm.id()) && equal(status, vm.status()))
                    .map(Views::vm)
                    .toList()));
        });
    }

    private static CompletionStage<Boolean> done() {
        return CompletableFuture.completedStage(true);
    }

    /** A host without VMs is told from one that there is not. */
    private CompletionStage<Boolean> requireHost(String name) {
        return cluster.hosts().thenApply(hosts -> {
            if (hosts.stream().noneMatch(host -> host.id().equals(name))) {
                throw new InvalidValueException("host", name, oneOf(hosts));
            }
            return true;
        });
    }

    private static String oneOf(List<HostView> hosts) {
        return "one of " + names(hosts);
    }

    private static String names(List<HostView> hosts) {
        return String.join(", ", hosts.stream().map(HostView::id).toList());
    }

    private static <T> boolean equal(Optional<T> wanted, T value) {
        return wanted.isEmpty() || wanted.get().equals(value);
    }

    private static boolean contains(Optional<String> part, String... texts) {
        return part.isEmpty()
                || List.of(texts).stream()
                        .anyMatch(text -> text.toLowerCase(Locale.ROOT).contains(part.get()));
    }
}
