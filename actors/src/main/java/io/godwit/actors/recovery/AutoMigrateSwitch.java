package io.godwit.actors.recovery;

import io.godwit.actors.directory.Ownership;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.HostIdentity;
import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Tells the ledger once in a host's life whether its VMs may be taken when it is down: then it cannot be asked. */
public final class AutoMigrateSwitch {
    private static final Duration RETRY = Duration.ofSeconds(2);

    /** It takes no messages of others. */
    public sealed interface Command {}

    private enum Tell implements Command {
        INSTANCE
    }

    private record Told(String failure) implements Command {}

    private AutoMigrateSwitch() {}

    public static Behavior<Command> create(Ownership ownership, boolean on) {
        HostIdentity self = ownership.self();
        String requestId = "auto-migrate/" + self.incarnation();
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            context.getSelf().tell(Tell.INSTANCE);
            return Behaviors.receive(Command.class)
                    .onMessage(Tell.class, message -> {
                        context.pipeToSelf(
                                ownership.setAutoMigrate(requestId, self.hostId(), on),
                                (done, failure) -> new Told(
                                        failure == null
                                                ? ""
                                                : ProblemException.problemOf(failure)
                                                        .detail()));
                        return Behaviors.same();
                    })
                    .onMessage(Told.class, told -> {
                        if (told.failure().isEmpty()) {
                            return Behaviors.stopped();
                        }
                        context.getLog().debug("auto-migrate-on-host-down is not recorded yet: {}", told.failure());
                        timers.startSingleTimer(Tell.INSTANCE, RETRY);
                        return Behaviors.same();
                    })
                    .build();
        }));
    }
}
