package io.godwit.actors.vm;

import io.godwit.config.device.ConsoleName;
import org.apache.pekko.actor.typed.ActorRef;

/** What a console's viewers ask of its VM. */
public sealed interface ConsoleRequest extends VmActor.MachineRequest {
    /** Bytes of one read or write. */
    int LIMIT_BYTES = 64 << 10;

    long MAX_WAIT_MS = 10_000;

    ConsoleName console();

    /**
     * Output from a stream position on, answered by {@link VmActor.Serial}: at once where there is some, else with the
     * next that comes, or with none when the time is over.
     *
     * @param waitMs 0 to {@link #MAX_WAIT_MS}
     */
    record ReadConsole(ConsoleName console, long from, int maxBytes, long waitMs, ActorRef<VmActor.Answer> replyTo)
            implements ConsoleRequest {}

    /**
     * Input for the guest, answered by {@link VmActor.ConsoleWritten}. A write may be repeated when its answer does not
     * come: what was taken of it before is not taken again.
     *
     * @param writer whose input it is: 1 to 64 characters
     * @param offset how much of that writer's input stands before these bytes
     */
    @SuppressWarnings("ArrayRecordComponent")
    record WriteConsole(ConsoleName console, String writer, long offset, byte[] bytes, ActorRef<VmActor.Answer> replyTo)
            implements ConsoleRequest {}
}
