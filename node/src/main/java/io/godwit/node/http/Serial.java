package io.godwit.node.http;

import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.vm.ConsoleRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.ValueType;
import io.godwit.config.device.ConsoleName;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What a VM wrote to its serial port or virtio console as the bytes of an answer. Positions count from the VM's boot and travel with it, so a reader
 * that follows is carried through a migration without a gap.
 */
final class Serial {
    static final ValueType<Long> POSITION = ValueType.number(0, Long.MAX_VALUE / 2);

    /** Stream position of the answer's first byte: later than asked for where older output was dropped. */
    static final String POSITION_HEADER = "Godwit-Serial-Position";

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final VmActor.Serial SILENCE = new VmActor.Serial(0, new byte[0], 0);

    /** Which output of which VM. */
    record Log(String vm, ConsoleName device) {
        /** Hosts of an older version know the serial port's. */
        VmActor.Request read(long from, ActorRef<VmActor.Answer> replyTo) {
            return device == ConsoleName.SERIAL
                    ? new VmActor.ReadSerial(from, VmActor.ReadSerial.LIMIT_BYTES, replyTo)
                    : new ConsoleRequest.ReadConsole(device, from, ConsoleRequest.LIMIT_BYTES, 0, replyTo);
        }
    }

    private final ClusterAccess cluster;
    private final ClassicActorSystemProvider system;

    Serial(ClusterAccess cluster, ClassicActorSystemProvider system) {
        this.cluster = cluster;
        this.system = system;
    }

    /** What is kept from {@code from} on, then, when asked to follow, what is written, for as long as the VM exists. */
    CompletionStage<HttpResponse> read(Log log, long from, boolean follow) {
        return chunk(log, from)
                .exceptionallyCompose(failure -> follow && !isGone(failure)
                        ? CompletableFuture.completedStage(SILENCE)
                        : CompletableFuture.failedStage(failure))
                .thenApply(first -> {
                    long next = first.position() + first.bytes().length;
                    Source<ByteString, NotUsed> rest = follow ? follow(log, next) : rest(log, next, first.end());
                    return HttpResponse.create()
                            .addHeader(RawHeader.create(POSITION_HEADER, Long.toString(first.position())))
                            .withEntity(HttpEntities.createChunked(
                                    ContentTypes.TEXT_PLAIN_UTF8,
                                    Source.single(bytes(first)).concat(rest).filter(ByteString::nonEmpty)));
                });
    }

    private CompletionStage<VmActor.Serial> chunk(Log log, long from) {
        return cluster.door(log.vm()).thenCompose(door -> chunk(door, log, from));
    }

    private static CompletionStage<VmActor.Serial> chunk(VmDoor door, Log log, long from) {
        return door.request(replyTo -> log.read(from, replyTo)).thenApply(VmActor.Serial.class::cast);
    }

    /** Up to the position that was the end when the request came: a chatty guest does not make it endless. */
    private Source<ByteString, NotUsed> rest(Log log, long from, long end) {
        return Source.unfoldAsync(
                from,
                position -> position >= end
                        ? CompletableFuture.completedStage(Optional.empty())
                        : chunk(log, position)
                                .thenApply(chunk ->
                                        chunk.bytes().length == 0 ? Optional.empty() : Optional.of(step(chunk))));
    }

    /**
     * Where a follower is.
     *
     * @param door found once, and anew only after it failed; null before
     * @param pause before the next look while nothing comes
     */
    private record Place(long position, @Nullable VmDoor door, Duration pause) {
        Place rested() {
            Duration longer = pause.multipliedBy(2);
            return new Place(position, door, longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE);
        }
    }

    private Source<ByteString, NotUsed> follow(Log log, long from) {
        return Source.unfoldAsync(
                new Place(from, null, SHORTEST_PAUSE),
                place -> door(log.vm(), place)
                        .thenCompose(door -> chunk(door, log, place.position())
                                .thenCompose(chunk -> next(chunk, new Place(place.position(), door, place.pause()))))
                        .exceptionallyCompose(failure -> isGone(failure)
                                ? CompletableFuture.completedStage(Optional.empty())
                                : waiting(new Place(place.position(), null, place.pause()))));
    }

    private CompletionStage<VmDoor> door(String vm, Place place) {
        return place.door() == null ? cluster.door(vm) : CompletableFuture.completedStage(place.door());
    }

    private CompletionStage<Optional<Pair<Place, ByteString>>> next(VmActor.Serial chunk, Place place) {
        if (chunk.end() < place.position()) {
            return waiting(new Place(0, place.door(), SHORTEST_PAUSE)); // booted anew: its output counts from 0 again
        } else if (chunk.bytes().length == 0) {
            return waiting(place);
        }
        Pair<Long, ByteString> step = step(chunk);
        return CompletableFuture.completedStage(
                Optional.of(Pair.create(new Place(step.first(), place.door(), SHORTEST_PAUSE), step.second())));
    }

    /** Nothing now: the guest is silent, the VM stopped, or on its way between two hosts. */
    private CompletionStage<Optional<Pair<Place, ByteString>>> waiting(Place place) {
        return Patterns.after(
                place.pause(),
                system,
                () -> CompletableFuture.completedStage(
                        Optional.of(Pair.create(place.rested(), ByteString.emptyByteString()))));
    }

    private static Pair<Long, ByteString> step(VmActor.Serial chunk) {
        return Pair.create(chunk.position() + chunk.bytes().length, bytes(chunk));
    }

    private static ByteString bytes(VmActor.Serial chunk) {
        return ByteString.fromArray(chunk.bytes());
    }

    /** Whether the VM itself is not there, as opposed to not answering where it was looked for. */
    private static boolean isGone(Throwable failure) {
        Problem problem = ProblemException.problemOf(failure);
        return problem.kind() == Problem.Kind.NOT_FOUND && "vm".equals(problem.field());
    }
}
