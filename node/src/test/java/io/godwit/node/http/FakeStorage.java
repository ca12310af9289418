package io.godwit.node.http;

import io.godwit.actors.storage.Storage;
import io.godwit.actors.storage.StorageActor;
import io.godwit.actors.storage.VolumeRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.device.VolumeRef;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.typed.ActorRef;

/** Storage of one volume {@code fast/root.raw} on host {@code alpha}, which keeps what it was asked. */
public final class FakeStorage implements Storage {
    private static final VolumeRef ROOT = new VolumeRef("fast", "root.raw");

    public final Queue<String> asked = new ConcurrentLinkedQueue<>();

    @Override
    public CompletionStage<List<HostPool>> pools() {
        return CompletableFuture.completedStage(
                List.of(new HostPool("alpha", "fast", PoolKind.LOCAL, PoolFencing.NONE, "/pools/fast", 100, 60, "")));
    }

    @Override
    public CompletionStage<List<VolumeView>> volumes() {
        return CompletableFuture.completedStage(List.of(view(ROOT, 1 << 20)));
    }

    private static VolumeView view(VolumeRef ref, long sizeBytes) {
        return new VolumeView(ref, PoolKind.LOCAL, sizeBytes, List.of("alpha"));
    }

    @Override
    public CompletionStage<VolumeView> volume(VolumeRef ref, Optional<String> host) {
        return known(ref, "find", host).thenApply(found -> view(ref, 1 << 20));
    }

    private CompletionStage<VolumeRef> known(VolumeRef ref, String verb, Optional<String> host) {
        asked.add(verb + " " + ref + " on " + host.orElse("any host"));
        return ref.equals(ROOT)
                ? CompletableFuture.completedStage(ref)
                : CompletableFuture.failedStage(new ProblemException(
                        Problem.of(Problem.Kind.NOT_FOUND, "there is no volume " + ref + " on this host")));
    }

    @Override
    public CompletionStage<VolumeView> make(VolumeRequest request) {
        ActorRef<StorageActor.Answer> nobody = null;
        asked.add(String.valueOf(request.message().apply(nobody)));
        return CompletableFuture.completedStage(view(request.volume(), 1 << 20));
    }

    @Override
    public CompletionStage<VolumeView> resize(VolumeRef ref, Optional<String> host, long sizeBytes, boolean shrink) {
        return known(ref, "resize to " + sizeBytes + (shrink ? ", shrinking," : ""), host)
                .thenApply(found -> view(ref, sizeBytes));
    }

    @Override
    public CompletionStage<Void> delete(VolumeRef ref, Optional<String> host) {
        return known(ref, "delete", host).thenAccept(found -> {});
    }
}
