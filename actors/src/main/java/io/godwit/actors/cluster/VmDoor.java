package io.godwit.actors.cluster;

import io.godwit.actors.vm.VmActor;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * One VM on the host where it was found, for who asks again and again: the ledger is not read each time. Follows a VM
 * that migrates; one that does not answer here any more has to be found anew.
 */
@FunctionalInterface
public interface VmDoor {
    CompletionStage<VmActor.Answer> request(Function<ActorRef<VmActor.Answer>, VmActor.Request> message);

    /** The same for who asks again where no answer comes: the stage fails after {@code patience}, where that is shorter. */
    default CompletionStage<VmActor.Answer> request(
            Function<ActorRef<VmActor.Answer>, VmActor.Request> message, Duration patience) {
        return request(message);
    }
}
