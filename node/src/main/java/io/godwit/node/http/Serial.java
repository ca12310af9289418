package io.godwit.node.http;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.ValueType;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * A VM's serial output as the bytes of an answer. Positions count from the VM's boot and travel with it, so a reader
 * that follows is carried through a migration without a gap.
 */
final class Serial {
    static final ValueType<Long> POSITION = ValueType.number(0, Long.MAX_VALUE / 2);

    /** Stream position of the answer's first byte: later than asked for where older output was dropped. */
    static final String POSITION_HEADER = "Godwit-Serial-Position";

    private static final Duration POLL = Duration.ofMillis(200);
    private static final VmActor.Serial SILENCE = new VmActor.Serial(0, new byte[0], 0);

    private final ClusterAccess cluster;
    private final ClassicActorSystemProvider system;

    Serial(ClusterAccess cluster, ClassicActorSystemProvider system) {
        this.cluster = cluster;
        this.system = system;
    }

    /** What is kept from {@code from} on, then, when asked to follow, what is written, for as long as the VM exists. */
    CompletionStage<HttpResponse> read(String vm, long from, boolean follow) {
        return chunk(vm, from)
                .exceptionallyCompose(failure -> follow && !isGone(failure)
                        ? CompletableFuture.completedStage(SILENCE)
                        : CompletableFuture.failedStage(failure))
                .thenApply(first -> {
                    long next = first.position() + first.bytes().length;
                    Source<ByteString, NotUsed> rest = follow ? follow(vm, next) : rest(vm, next, first.end());
                    return HttpResponse.create()
                            .addHeader(RawHeader.create(POSITION_HEADER, Long.toString(first.position())))
                            .withEntity(HttpEntities.createChunked(
                                    ContentTypes.TEXT_PLAIN_UTF8,
                                    Source.single(bytes(first)).concat(rest).filter(ByteString::nonEmpty)));
                });
    }

    private CompletionStage<VmActor.Serial> chunk(String vm, long from) {
        return cluster.request(vm, replyTo -> new VmActor.ReadSerial(from, VmActor.ReadSerial.LIMIT_BYTES, replyTo))
                .thenApply(VmActor.Serial.class::cast);
    }

    /** Up to the position that was the end when the request came: a chatty guest does not make it endless. */
    private Source<ByteString, NotUsed> rest(String vm, long from, long end) {
        return Source.unfoldAsync(
                from,
                position -> position >= end
                        ? CompletableFuture.completedStage(Optional.empty())
                        : chunk(vm, position)
                                .thenApply(chunk ->
                                        chunk.bytes().length == 0 ? Optional.empty() : Optional.of(step(chunk))));
    }

    private Source<ByteString, NotUsed> follow(String vm, long from) {
        return Source.unfoldAsync(
                from,
                position -> chunk(vm, position)
                        .handle((chunk, failure) -> failure == null
                                ? next(chunk, position)
                                : isGone(failure)
                                        ? CompletableFuture.completedStage(Optional.<Pair<Long, ByteString>>empty())
                                        : waiting(position))
                        .thenCompose(stage -> stage));
    }

    private CompletionStage<Optional<Pair<Long, ByteString>>> next(VmActor.Serial chunk, long position) {
        if (chunk.end() < position) {
            return waiting(0); // the VM was booted anew, and its output counts from 0 again
        }
        return chunk.bytes().length == 0
                ? waiting(position)
                : CompletableFuture.completedStage(Optional.of(step(chunk)));
    }

    /** Nothing now: the guest is silent, the VM stopped, or on its way between two hosts. */
    private CompletionStage<Optional<Pair<Long, ByteString>>> waiting(long position) {
        return Patterns.after(
                POLL,
                system,
                () -> CompletableFuture.completedStage(
                        Optional.of(Pair.create(position, ByteString.emptyByteString()))));
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
