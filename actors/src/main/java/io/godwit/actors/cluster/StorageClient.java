package io.godwit.actors.cluster;

import io.godwit.actors.directory.Ownership;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.storage.StorageActor;
import io.godwit.actors.storage.VolumeRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.storage.Pool;
import io.godwit.vmm.storage.Volume;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The storage of all hosts, each asked by one message. */
final class StorageClient implements Storage {
    private static final Duration VIEW_TIMEOUT = Duration.ofSeconds(5);
    /** Copies that take longer go on; only the answer does not wait for them. */
    private static final Duration WORK_TIMEOUT = Duration.ofSeconds(55);

    private final ActorSystem<?> system;
    private final HostRegistry hosts;
    private final Ownership ledger;

    StorageClient(ActorSystem<?> system, HostRegistry hosts, Ownership ledger) {
        this.system = system;
        this.hosts = hosts;
        this.ledger = ledger;
    }

    @Override
    public CompletionStage<List<HostPool>> pools() {
        return fromHosts(StorageActor.ListPools::new).thenApply(answers -> {
            List<HostPool> pools = new ArrayList<>();
            answers.forEach((host, answer) -> {
                if (answer instanceof StorageActor.Pools all) {
                    all.pools().forEach(pool -> pools.add(view(host, pool)));
                }
            });
            return pools;
        });
    }

    /** A host that does not answer in time is left out, as its volumes cannot be used now. */
    @Override
    public CompletionStage<List<VolumeView>> volumes() {
        return fromHosts(StorageActor.ListVolumes::new).thenApply(answers -> {
            List<VolumeView> volumes = new ArrayList<>();
            Map<VolumeRef, List<String>> shared = new LinkedHashMap<>();
            answers.forEach((host, answer) -> {
                if (answer instanceof StorageActor.Volumes all) {
                    for (Volume volume : all.volumes()) {
                        if (volume.kind() == PoolKind.LOCAL) {
                            volumes.add(view(volume, List.of(host)));
                        } else {
                            List<String> seenBy = shared.computeIfAbsent(ref(volume), fresh -> new ArrayList<>());
                            if (seenBy.isEmpty()) {
                                volumes.add(view(volume, seenBy));
                            }
                            seenBy.add(host);
                        }
                    }
                }
            });
            return volumes.stream()
                    .map(volume -> new VolumeView(
                            volume.ref(), volume.kind(), volume.sizeBytes(), List.copyOf(volume.hosts())))
                    .sorted(Comparator.comparing(volume -> volume.ref().toString()))
                    .toList();
        });
    }

    private CompletionStage<Map<String, StorageActor.Answer>> fromHosts(
            Function<ActorRef<StorageActor.Answer>, StorageActor.Request> question) {
        return hosts.list().thenCompose(all -> {
            CompletionStage<Map<String, StorageActor.Answer>> answers =
                    CompletableFuture.completedStage(new LinkedHashMap<>());
            for (HostRegistry.Host host : all.values()) {
                if (host.actor().isPresent()) {
                    CompletionStage<StorageActor.Answer> answer = ask(
                                    host.actor().get(), question, VIEW_TIMEOUT)
                            .exceptionally(silent -> new StorageActor.Volumes(List.of()));
                    answers = answers.thenCombine(answer, (map, value) -> {
                        map.put(host.id(), value);
                        return map;
                    });
                }
            }
            return answers;
        });
    }

    private CompletionStage<StorageActor.Answer> ask(
            ActorRef<HostActor.Command> host,
            Function<ActorRef<StorageActor.Answer>, StorageActor.Request> question,
            Duration timeout) {
        return AskPattern.ask(
                host, replyTo -> new HostActor.ToStorage(question.apply(replyTo)), timeout, system.scheduler());
    }

    @Override
    public CompletionStage<VolumeView> volume(VolumeRef ref, Optional<String> host) {
        return one(ref, host, replyTo -> new StorageActor.FindVolume(ref, replyTo));
    }

    @Override
    public CompletionStage<VolumeView> make(VolumeRequest request) {
        return one(request.volume(), request.host(), request.message());
    }

    @Override
    public CompletionStage<VolumeView> resize(VolumeRef ref, Optional<String> host, long sizeBytes, boolean shrink) {
        return one(ref, host, replyTo -> new StorageActor.ResizeVolume(ref, sizeBytes, shrink, replyTo));
    }

    /** Of volumes that a VM has, those of the same name on another host count too, as in the ledger. */
    @Override
    public CompletionStage<Void> delete(VolumeRef ref, Optional<String> host) {
        return ledger.list()
                .thenAccept(vms -> vms.stream()
                        .filter(vm -> vm.spec().disks().stream()
                                .anyMatch(disk -> disk.volume().equals(ref)))
                        .findFirst()
                        .ifPresent(vm -> {
                            throw new ProblemException(Problem.of(
                                    Problem.Kind.CONFLICT,
                                    "volume " + ref + " belongs to VM \""
                                            + vm.spec().name() + "\"; delete the VM first"));
                        }))
                .thenCompose(free -> on(ref, host, replyTo -> new StorageActor.DeleteVolume(ref, replyTo)))
                .thenAccept(answered -> {});
    }

    /** What a host answered. */
    private record Answered(String host, StorageActor.Answer answer) {}

    private CompletionStage<VolumeView> one(
            VolumeRef ref,
            Optional<String> host,
            Function<ActorRef<StorageActor.Answer>, StorageActor.Request> question) {
        return on(ref, host, question)
                .thenApply(answered -> view(
                        ((StorageActor.Volumes) answered.answer()).volumes().get(0), List.of(answered.host())));
    }

    private CompletionStage<Answered> on(
            VolumeRef ref,
            Optional<String> host,
            Function<ActorRef<StorageActor.Answer>, StorageActor.Request> question) {
        CompletionStage<String> chosen = host.isPresent()
                ? CompletableFuture.completedStage(host.get())
                : pools().thenApply(pools -> hostOf(ref.pool(), pools));
        return chosen.thenCompose(name -> hosts.find(name).thenCompose(found -> {
            ActorRef<HostActor.Command> actor = found.orElseThrow(() -> new ProblemException(Problem.of(
                    Problem.Kind.INVALID,
                    "host",
                    name,
                    "a host that can be reached",
                    "host: \"" + name + "\" is not in the cluster or cannot be reached")));
            return ask(actor, question, WORK_TIMEOUT)
                    .exceptionallyCompose(failure -> CompletableFuture.failedStage(slow(name, ref, failure)))
                    .thenApply(answer -> accepted(name, answer));
        }));
    }

    private static Throwable slow(String host, VolumeRef ref, Throwable failure) {
        return failure instanceof TimeoutException
                ? new ProblemException(Problem.of(
                        Problem.Kind.UNAVAILABLE,
                        "host " + host + " did not finish with volume " + ref + " within " + WORK_TIMEOUT.toSeconds()
                                + " s; what it began goes on, and the volume is listed once it is whole"))
                : failure;
    }

    private static Answered accepted(String host, StorageActor.Answer answer) {
        if (answer instanceof StorageActor.Rejected rejected) {
            throw new ProblemException(rejected.problem());
        }
        return new Answered(host, answer);
    }

    private static String hostOf(String pool, List<HostPool> pools) {
        List<HostPool> having = pools.stream()
                .filter(candidate -> candidate.name().equals(pool))
                .toList();
        if (having.isEmpty()) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.NOT_FOUND, "pool \"" + pool + "\" is not configured on any host that can be reached"));
        }
        List<HostPool> usable = having.stream()
                .filter(candidate -> candidate.problem().isEmpty())
                .toList();
        if (usable.isEmpty()) {
            throw new ProblemException(
                    Problem.of(Problem.Kind.UNAVAILABLE, having.get(0).problem()));
        }
        if (usable.size() > 1 && usable.get(0).kind() == PoolKind.LOCAL) {
            List<String> names = usable.stream().map(HostPool::host).toList();
            throw new ProblemException(Problem.of(
                    Problem.Kind.INVALID,
                    "host",
                    "",
                    "one of " + String.join(", ", names),
                    "host: pool " + pool + " is local to several hosts; expected one of " + String.join(", ", names)));
        }
        return usable.get(0).host();
    }

    private static HostPool view(String host, Pool pool) {
        return new HostPool(
                host,
                pool.name(),
                pool.kind(),
                pool.fencing(),
                pool.path(),
                pool.totalBytes(),
                pool.freeBytes(),
                pool.problem());
    }

    private static VolumeRef ref(Volume volume) {
        return new VolumeRef(volume.pool(), volume.name());
    }

    private static VolumeView view(Volume volume, List<String> on) {
        return new VolumeView(ref(volume), volume.kind(), volume.sizeBytes(), on);
    }
}
