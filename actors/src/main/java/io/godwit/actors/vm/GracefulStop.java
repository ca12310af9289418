package io.godwit.actors.vm;

import io.godwit.actors.vault.VaultedMachine;
import java.time.Duration;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/** Whether a guest was asked to shut down, and how long it has. Part of its VM's actor: used by its thread only. */
final class GracefulStop {
    /** The guest is not off, and will not be waited for any longer. */
    record Overdue(Request request, String why) implements VmActor.Internal {}

    /** One asking; an object of its own, so that a late word about an earlier one is known. */
    static final class Request {}

    private final ActorContext<VmActor.Command> context;
    private final VmOperations operations;
    private @Nullable Request request;
    private @Nullable Cancellable timer;

    GracefulStop(ActorContext<VmActor.Command> context, VmOperations operations) {
        this.context = context;
        this.operations = operations;
    }

    /** Presses the button; where there is none the time is over at once. */
    void begin(VaultedMachine machine, long graceMs) {
        ActorRef<VmActor.Command> self = context.getSelf();
        Request begun = new Request();
        request = begun;
        String late = "the guest did not shut down within " + graceMs + " ms and its power was cut";
        timer = context.scheduleOnce(Duration.ofMillis(graceMs), self, new Overdue(begun, late));
        operations.pressPowerButton(machine).whenComplete((pressed, failure) -> {
            if (failure != null) {
                String why = ProblemException.problemOf(failure).detail();
                self.tell(new Overdue(begun, why + "; its power was cut at once"));
            }
        });
    }

    boolean isOverdue(Overdue overdue) {
        return overdue.request() == request;
    }

    /** Ends the waiting; false where nothing was waited for. */
    boolean end() {
        boolean waited = request != null;
        if (timer != null) {
            timer.cancel();
        }
        request = null;
        timer = null;
        return waited;
    }
}
