package io.godwit.actors.cluster;

import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.storage.StorageActor;
import io.godwit.vmm.storage.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The hosts that answer just now, by name, and what they have: what is known when VMs are given to hosts. */
public record Scene(Map<String, Host> hosts) {
    public record Host(ActorRef<HostActor.Command> actor, HostView view, List<Pool> pools) {
        public Host {
            pools = List.copyOf(pools);
        }
    }

    public Scene {
        hosts = Map.copyOf(hosts);
    }

    public Optional<Host> host(String hostId) {
        return Optional.ofNullable(hosts.get(hostId));
    }

    /**
     * Asks hosts.
     *
     * @param all the hosts of the registry
     * @param wanted names of the only hosts that are asked: those that are silent would be waited for
     * @param patience a host that is slower than this is left out
     */
    public static CompletionStage<Scene> look(
            ActorSystem<?> system, Map<String, HostRegistry.Host> all, Predicate<String> wanted, Duration patience) {
        Map<String, Host> found = new ConcurrentHashMap<>();
        CompletableFuture<?>[] asked = all.values().stream()
                .filter(host -> wanted.test(host.id()) && host.actor().isPresent())
                .map(host -> ask(system, host, patience)
                        .handle((answer, failure) -> failure == null ? found.put(host.id(), answer) : null)
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(asked).thenApply(done -> new Scene(found));
    }

    private static CompletionStage<Host> ask(ActorSystem<?> system, HostRegistry.Host host, Duration patience) {
        ActorRef<HostActor.Command> actor = host.actor().orElseThrow();
        CompletionStage<HostView> view = AskPattern.ask(actor, HostActor.Describe::new, patience, system.scheduler());
        CompletionStage<StorageActor.Answer> pools = AskPattern.ask(
                actor,
                (ActorRef<StorageActor.Answer> replyTo) -> new HostActor.ToStorage(new StorageActor.ListPools(replyTo)),
                patience,
                system.scheduler());
        return view.thenCombine(
                pools,
                (seen, answer) -> new Host(
                        actor,
                        seen.seenAs(host.state()),
                        answer instanceof StorageActor.Pools known ? known.pools() : List.of()));
    }
}
