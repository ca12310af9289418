package io.godwit.actors.recovery;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.storage.StorageActor;
import io.godwit.vmm.storage.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The hosts that answer just now, by name, and what they have. */
record Scene(Map<String, Host> hosts) {
    /** Recovery looks again each second: a host that is slower than this is left out once. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    record Host(ActorRef<HostActor.Command> actor, HostView view, List<Pool> pools) {}

    Scene {
        hosts = Map.copyOf(hosts);
    }

    Optional<Host> host(String hostId) {
        return Optional.ofNullable(hosts.get(hostId));
    }

    /** @param wanted the only hosts that are asked: those that are silent would be waited for */
    static CompletionStage<Scene> look(ActorSystem<?> system, HostRegistry registry, Set<String> wanted) {
        return registry.list().thenCompose(all -> {
            Map<String, Host> found = new ConcurrentHashMap<>();
            CompletableFuture<?>[] asked = all.values().stream()
                    .filter(host -> wanted.contains(host.id()) && host.actor().isPresent())
                    .map(host -> ask(system, host)
                            .handle((answer, failure) -> failure == null ? found.put(host.id(), answer) : null)
                            .toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(asked).thenApply(done -> new Scene(found));
        });
    }

    private static CompletionStage<Host> ask(ActorSystem<?> system, HostRegistry.Host host) {
        ActorRef<HostActor.Command> actor = host.actor().orElseThrow();
        CompletionStage<HostView> view = AskPattern.ask(actor, HostActor.Describe::new, PATIENCE, system.scheduler());
        CompletionStage<StorageActor.Answer> pools = AskPattern.ask(
                actor,
                (ActorRef<StorageActor.Answer> replyTo) -> new HostActor.ToStorage(new StorageActor.ListPools(replyTo)),
                PATIENCE,
                system.scheduler());
        return view.thenCombine(
                pools,
                (seen, answer) -> new Host(
                        actor,
                        seen.withState(host.state()),
                        answer instanceof StorageActor.Pools known ? known.pools() : List.of()));
    }
}
