package io.godwit.node.http;

import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.vm.ConsoleRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.device.ConsoleName;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One viewer's line to a console, wherever its VM is. Positions in the output travel with the VM, and what is typed is
 * numbered, so both go on through a migration without a gap and without a repetition. One read and one write at a time.
 */
final class ConsoleLine implements ConsoleFlow.Line {
    private static final int READ_BYTES = 16 << 10;
    private static final Duration WAIT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);
    private static final long GIVE_UP_NS = Duration.ofSeconds(60).toNanos();

    private final ClusterAccess cluster;
    private final ClassicActorSystemProvider system;
    private final String vm;
    private final ConsoleName console;
    private final String writer = UUID.randomUUID().toString();
    private long position;
    private long typed;
    private volatile @Nullable VmDoor door;
    private volatile boolean closed;

    /** @param position of the first byte of output that is wanted */
    ConsoleLine(
            ClusterAccess cluster, ClassicActorSystemProvider system, String vm, ConsoleName console, long position) {
        this.cluster = cluster;
        this.system = system;
        this.vm = vm;
        this.console = console;
        this.position = position;
    }

    /** The next output; empty where none came for a while. Fails with {@link ConsoleEnd}. */
    @Override
    public CompletionStage<ByteString> read() {
        return persistently(replyTo ->
                        new ConsoleRequest.ReadConsole(console, position, READ_BYTES, WAIT.toMillis(), replyTo))
                .thenApply(answer -> take((VmActor.Serial) answer));
    }

    private ByteString take(VmActor.Serial output) {
        // Where the VM was booted anew its output counts from 0 again.
        position = output.end() < position ? 0 : output.position() + output.bytes().length;
        return position == 0 ? ByteString.emptyByteString() : ByteString.fromArray(output.bytes());
    }

    /** Done when the machine has taken all of it, which is when its guest reads. Fails with {@link ConsoleEnd}. */
    @Override
    public CompletionStage<Done> write(ByteString input) {
        return write(input.toArray(), SHORTEST_PAUSE);
    }

    private CompletionStage<Done> write(byte[] input, Duration pause) {
        long offset = typed;
        return persistently(replyTo -> new ConsoleRequest.WriteConsole(console, writer, offset, input, replyTo))
                .thenCompose(answer -> {
                    long end = ((VmActor.ConsoleWritten) answer).end();
                    int taken = (int) Math.max(0, Math.min(end - offset, input.length));
                    typed += taken;
                    if (taken == input.length) {
                        return CompletableFuture.completedStage(Done.getInstance());
                    }
                    byte[] rest = java.util.Arrays.copyOfRange(input, taken, input.length);
                    Duration next = taken > 0 ? SHORTEST_PAUSE : longer(pause);
                    return Patterns.after(next, system, () -> write(rest, next));
                });
    }

    private static Duration longer(Duration pause) {
        Duration longer = pause.multipliedBy(2);
        return longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }

    /** Asks until there is an answer: a VM that is on its way between two hosts has nobody who answers for it. */
    private CompletionStage<VmActor.Answer> persistently(Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return persistently(message, System.nanoTime(), SHORTEST_PAUSE);
    }

    private CompletionStage<VmActor.Answer> persistently(
            Function<ActorRef<VmActor.Answer>, VmActor.Request> message, long sinceNs, Duration pause) {
        if (closed) {
            return CompletableFuture.failedStage(new ConsoleEnd(ConsoleEnd.NORMAL, "the viewer has gone"));
        }
        VmDoor known = door;
        CompletionStage<VmDoor> found = known == null ? cluster.door(vm) : CompletableFuture.completedStage(known);
        return found.thenCompose(there -> {
                    door = there;
                    return there.request(message, PATIENCE);
                })
                .exceptionallyCompose(failure -> {
                    door = null;
                    ConsoleEnd end = endFor(ProblemException.problemOf(failure), System.nanoTime() - sinceNs);
                    return end != null
                            ? CompletableFuture.failedStage(end)
                            : Patterns.after(pause, system, () -> persistently(message, sinceNs, longer(pause)));
                });
    }

    /** Null where it may pass. */
    private @Nullable ConsoleEnd endFor(Problem problem, long waitedNs) {
        boolean deleted = problem.kind() == Problem.Kind.NOT_FOUND && "vm".equals(problem.field());
        if (deleted || problem.kind() == Problem.Kind.CONFLICT || problem.kind() == Problem.Kind.INVALID) {
            return new ConsoleEnd(ConsoleEnd.NORMAL, problem.detail());
        }
        return waitedNs < GIVE_UP_NS ? null : new ConsoleEnd(ConsoleEnd.INTERNAL, problem.detail());
    }

    @Override
    public void close() {
        closed = true;
    }
}
