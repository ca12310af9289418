package io.godwit.actors.cluster;

import io.godwit.actors.host.CpusInUse;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.storage.StorageActor;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.storage.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The hosts that answer just now, by name, and what they have: what is known when VMs are given to hosts. */
public record Scene(Map<String, Host> hosts) {
    /**
     * A host that answers.
     *
     * @param cpus features by VM, of guests whose CPU is not as this host gives it
     * @param volumes of those that were asked for, what it has
     */
    public record Host(
            ActorRef<HostActor.Command> actor,
            HostView view,
            List<Pool> pools,
            Map<String, Set<String>> cpus,
            Set<VolumeRef> volumes) {
        public Host {
            pools = List.copyOf(pools);
            cpus = Map.copyOf(cpus);
            volumes = Set.copyOf(volumes);
        }

        /** One that was asked for no volume, and whose guests all began there. */
        public Host(ActorRef<HostActor.Command> actor, HostView view, List<Pool> pools) {
            this(actor, view, pools, Map.of(), Set.of());
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
        return look(system, all, wanted, patience, Set.of());
    }

    /** @param volumes of which it is to be known who has them, no more than a VM has disks */
    public static CompletionStage<Scene> look(
            ActorSystem<?> system,
            Map<String, HostRegistry.Host> all,
            Predicate<String> wanted,
            Duration patience,
            Set<VolumeRef> volumes) {
        Map<String, Host> found = new ConcurrentHashMap<>();
        CompletableFuture<?>[] asked = all.values().stream()
                .filter(host -> wanted.test(host.id()) && host.actor().isPresent())
                .map(host -> ask(system, host, patience, volumes)
                        .handle((answer, failure) -> failure == null ? found.put(host.id(), answer) : null)
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(asked).thenApply(done -> new Scene(found));
    }

    private static CompletionStage<Host> ask(
            ActorSystem<?> system, HostRegistry.Host host, Duration patience, Set<VolumeRef> volumes) {
        ActorRef<HostActor.Command> actor = host.actor().orElseThrow();
        CompletionStage<HostView> view = AskPattern.ask(actor, HostActor.Describe::new, patience, system.scheduler());
        CompletionStage<StorageActor.Answer> pools = storage(system, actor, StorageActor.ListPools::new, patience);
        CompletionStage<CpusInUse> cpus = AskPattern.<HostActor.Command, CpusInUse>ask(
                        actor, HostActor.ReadCpus::new, patience, system.scheduler())
                .exceptionally(silent -> CpusInUse.NONE);
        Set<VolumeRef> found = ConcurrentHashMap.newKeySet();
        CompletableFuture<?>[] looked = volumes.stream()
                .map(volume -> storage(system, actor, replyTo -> new StorageActor.FindVolume(volume, replyTo), patience)
                        .handle((answer, failure) -> answer instanceof StorageActor.Volumes && found.add(volume))
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return view.thenCombine(
                        pools,
                        (seen, answer) -> new Host(
                                actor,
                                seen.seenAs(host.state()),
                                answer instanceof StorageActor.Pools known ? known.pools() : List.of()))
                .thenCombine(cpus, (seen, inUse) -> new Host(actor, seen.view(), seen.pools(), inUse.byVm(), Set.of()))
                .thenCombine(
                        CompletableFuture.allOf(looked),
                        (seen, done) -> new Host(actor, seen.view(), seen.pools(), seen.cpus(), found));
    }

    private static CompletionStage<StorageActor.Answer> storage(
            ActorSystem<?> system,
            ActorRef<HostActor.Command> actor,
            Function<ActorRef<StorageActor.Answer>, StorageActor.Request> question,
            Duration patience) {
        return AskPattern.ask(
                actor,
                (ActorRef<StorageActor.Answer> replyTo) -> new HostActor.ToStorage(question.apply(replyTo)),
                patience,
                system.scheduler());
    }
}
