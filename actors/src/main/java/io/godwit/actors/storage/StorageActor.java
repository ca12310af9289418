package io.godwit.actors.storage;

import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.MachineVault;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.storage.CloudSeed;
import io.godwit.vmm.storage.ImageFormat;
import io.godwit.vmm.storage.Pool;
import io.godwit.vmm.storage.Volume;
import io.godwit.vmm.storage.VolumeStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/**
 * A host's door to its volumes. It has no state: the files are the state, and their locks keep two requests for one
 * volume apart. All work is done on threads that may block.
 */
public final class StorageActor {
    /** What other nodes may ask, by way of the host. */
    public sealed interface Request extends Wire {
        ActorRef<Answer> replyTo();
    }

    public sealed interface Answer extends Wire {}

    public record ListPools(ActorRef<Answer> replyTo) implements Request {}

    public record ListVolumes(ActorRef<Answer> replyTo) implements Request {}

    public record FindVolume(VolumeRef volume, ActorRef<Answer> replyTo) implements Request {}

    /** An empty volume. */
    public record CreateVolume(VolumeRef volume, long sizeBytes, boolean preallocate, ActorRef<Answer> replyTo)
            implements Request {}

    /**
     * A copy of an image.
     *
     * @param source absolute path on the host
     * @param format null for raw
     */
    public record ImportVolume(
            VolumeRef volume, String source, @Nullable ImageFormat format, ActorRef<Answer> replyTo)
            implements Request {}

    /** A disk for cloud-init. */
    public record SeedVolume(VolumeRef volume, CloudSeed seed, ActorRef<Answer> replyTo) implements Request {}

    public record ResizeVolume(VolumeRef volume, long sizeBytes, boolean shrink, ActorRef<Answer> replyTo)
            implements Request {}

    public record DeleteVolume(VolumeRef volume, ActorRef<Answer> replyTo) implements Request {}

    public record Pools(List<Pool> pools) implements Answer {}

    /** Zero or more; exactly one where one was asked for, made or changed. */
    public record Volumes(List<Volume> volumes) implements Answer {}

    public record Rejected(Problem problem) implements Answer {}

    private StorageActor() {}

    /** @param vault whose threads may block */
    public static Behavior<Request> create(VolumeStore store, MachineVault vault) {
        return Behaviors.receiveMessage(request -> {
            vault.compute(carriedOut(store, request))
                    .exceptionally(failure -> new Rejected(ProblemException.problemOf(failure)))
                    .thenAccept(request.replyTo()::tell);
            return Behaviors.same();
        });
    }

    private static Supplier<Answer> carriedOut(VolumeStore store, Request request) {
        if (request instanceof ListPools) {
            return () -> new Pools(store.pools());
        } else if (request instanceof ListVolumes) {
            return () -> new Volumes(store.volumes());
        } else if (request instanceof FindVolume find) {
            return () -> one(store.find(find.volume()));
        } else if (request instanceof CreateVolume create) {
            return () -> one(store.create(create.volume(), create.sizeBytes(), create.preallocate()));
        } else if (request instanceof ImportVolume image) {
            return () -> one(
                    store.importImage(image.volume(), Path.of(image.source()), Optional.ofNullable(image.format())));
        } else if (request instanceof SeedVolume seed) {
            return () -> one(store.seed(seed.volume(), seed.seed()));
        } else if (request instanceof ResizeVolume resize) {
            return () -> one(store.resize(resize.volume(), resize.sizeBytes(), resize.shrink()));
        } else {
            return () -> {
                store.delete(((DeleteVolume) request).volume());
                return new Volumes(List.of());
            };
        }
    }

    private static Answer one(Volume volume) {
        return new Volumes(List.of(volume));
    }
}
