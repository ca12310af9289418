package io.godwit.actors.vm;

import io.godwit.config.AutoRestart;
import io.godwit.control.restart.GuestEnd;
import io.godwit.control.restart.RestartPolicy;
import io.godwit.control.restart.RestartPolicy.Decision;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/** Whether a VM whose guest ended by itself is started again, and when. Part of its actor: used by its thread only. */
final class VmRestarts {
    /** It is time. */
    record Due(Turn turn) implements VmActor.Internal {}

    /** One restart; an object of its own, so that a late word about an earlier one is known. */
    static final class Turn {}

    private final ActorContext<VmActor.Command> context;
    private final RestartPolicy policy = new RestartPolicy();
    private @Nullable Turn turn;
    private @Nullable Cancellable timer;

    VmRestarts(ActorContext<VmActor.Command> context) {
        this.context = context;
    }

    /** Decides, and sees to it where the VM is to be started again. */
    Decision ended(AutoRestart wanted, GuestEnd how) {
        return begin(policy.ended(wanted, how, nowMs()));
    }

    /** One that was begun did not bring the VM up. */
    Decision failed() {
        return begin(policy.failed());
    }

    private Decision begin(Decision decision) {
        if (decision instanceof Decision.Restart restart) {
            arm(restart.delayMs());
        }
        return decision;
    }

    private void arm(long delayMs) {
        cancel();
        Turn begun = new Turn();
        turn = begun;
        timer = context.scheduleOnce(Duration.ofMillis(delayMs), context.getSelf(), new Due(begun));
    }

    /** Something else is under way. */
    void later() {
        arm(RestartPolicy.FIRST_DELAY_MS);
    }

    /** Takes a word that it is time; false where that has been overtaken. */
    boolean take(Due due) {
        boolean current = due.turn() == turn;
        if (current) {
            cancel();
        }
        return current;
    }

    boolean isPending() {
        return turn != null;
    }

    void started() {
        policy.started(nowMs());
    }

    /** An operator has said what the VM is to be. */
    void forget() {
        cancel();
        policy.forget();
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
        }
        timer = null;
        turn = null;
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
}
