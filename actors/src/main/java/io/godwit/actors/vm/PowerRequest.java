package io.godwit.actors.vm;

import org.apache.pekko.actor.typed.ActorRef;

/** What operators do with the buttons of a machine. */
public sealed interface PowerRequest extends VmActor.MachineRequest {
    /** Longest time that a guest may be given to shut down. */
    long MAX_GRACE_MS = 3_600_000;

    /** Presses the power button of a running VM. Answered at once: what the guest makes of it shows later. */
    record PowerDown(ActorRef<VmActor.Answer> replyTo) implements PowerRequest {}

    /** Boots a running VM anew without asking its guest. */
    record Reset(ActorRef<VmActor.Answer> replyTo) implements PowerRequest {}

    /**
     * Presses the power button and cuts the power when the guest has not shut down in time. Answered at once. A VM that
     * does not run, or has no such button, is powered off at once.
     *
     * @param graceMs 1 to {@link #MAX_GRACE_MS}
     */
    record StopWithin(long graceMs, ActorRef<VmActor.Answer> replyTo) implements PowerRequest {}

    /** Gives the guest another generation id: it learns that it is a copy, or was set back. */
    record RenewGeneration(ActorRef<VmActor.Answer> replyTo) implements PowerRequest {}
}
