package io.godwit.actors.cluster;

import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.maintenance.MaintenanceBook;
import io.godwit.actors.storage.StorageActor;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.placement.RoomiestHost.Candidate;
import io.godwit.vmm.storage.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The hosts that answer just now, by name, and what they have: what is known when VMs are given to others. */
public record Scene(Map<String, Host> hosts) {
    /** Who looks does so again and again: a host that is slower than this is left out once. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    public record Host(ActorRef<HostActor.Command> actor, HostView view, List<Pool> pools) {
        public Host {
            pools = List.copyOf(pools);
        }

        /**
         * As one that VMs might be given to.
         *
         * @param objection why not; empty if nothing stands against it but what it says itself
         */
        public Candidate candidate(String objection) {
            return new Candidate(
                    new HostIdentity(view.id(), view.incarnation()),
                    objection.isEmpty() ? MaintenanceBook.objection(view.state()) : objection,
                    view.guestMemoryBytes() - view.usedMemoryBytes(),
                    pools.stream().collect(Collectors.toMap(Pool::name, Host::problem)));
        }

        private static String problem(Pool pool) {
            return pool.kind() == PoolKind.LOCAL ? "it is each host's own" : pool.problem();
        }
    }

    public Scene {
        hosts = Map.copyOf(hosts);
    }

    public Optional<Host> host(String hostId) {
        return Optional.ofNullable(hosts.get(hostId));
    }

    /** @param wanted names of the only hosts that are asked: those that are silent would be waited for */
    public static CompletionStage<Scene> look(ActorSystem<?> system, HostRegistry registry, Predicate<String> wanted) {
        return registry.list().thenCompose(all -> look(system, all, wanted));
    }

    /** @param all the hosts of the registry */
    public static CompletionStage<Scene> look(
            ActorSystem<?> system, Map<String, HostRegistry.Host> all, Predicate<String> wanted) {
        Map<String, Host> found = new ConcurrentHashMap<>();
        CompletableFuture<?>[] asked = all.values().stream()
                .filter(host -> wanted.test(host.id()) && host.actor().isPresent())
                .map(host -> ask(system, host)
                        .handle((answer, failure) -> failure == null ? found.put(host.id(), answer) : null)
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(asked).thenApply(done -> new Scene(found));
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
                        seen.seenAs(host.state()),
                        answer instanceof StorageActor.Pools known ? known.pools() : List.of()));
    }
}
