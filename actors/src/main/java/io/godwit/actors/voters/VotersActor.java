package io.godwit.actors.voters;

import io.godwit.actors.ledger.LedgerSettings;
import io.godwit.actors.ledger.VoterSeat;
import io.godwit.actors.ledger.VoterSet;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.Problem;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/**
 * Tells the other hosts who votes for the ledger, each when it comes and all when that changes, so that a host that was
 * away finds the ledger even where none of the voters that it knew votes any more. Has this host's voter serve when it is
 * to become one.
 */
public final class VotersActor extends AbstractBehavior<VotersActor.Command> {
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "godwit-voters");

    public sealed interface Command {}

    /** What other nodes may say. */
    public sealed interface Request extends Command, Wire {}

    /** Of two sets the one of the later entry counts. */
    public record Known(VoterSet voters) implements Request {}

    /**
     * Asks this host's voter to serve, without a vote yet: in the generation that was {@link Known} to it last.
     *
     * @param address empty for the host's cluster address
     */
    public record Join(String address, int port, ActorRef<JoinAnswer> replyTo) implements Request {}

    public sealed interface JoinAnswer extends Wire {}

    public record Joined(LedgerSettings.Voter voter) implements JoinAnswer {}

    public record NotJoined(Problem problem) implements JoinAnswer {}

    /** Which levels of the ledger this host's build speaks; one of the first level does not know the question. */
    public record AskLevel(ActorRef<Speaks> replyTo) implements Request {}

    /**
     * @param level the highest, see {@link io.godwit.control.ledger.LedgerLevel}
     * @param detail why this host's voter does not serve, where that is because of its level; else empty
     */
    public record Speaks(int level, String detail) implements Wire {}

    private record Others(Set<ActorRef<Command>> refs) implements Command {}

    private record Changed(VoterSet voters) implements Command {}

    private final VoterServices services;
    private final Runnable unsubscribe;
    private Set<ActorRef<Command>> others = Set.of();
    private CompletableFuture<Void> learnt = CompletableFuture.completedFuture(null);

    public static Behavior<Command> create(VoterServices services) {
        return Behaviors.setup(context -> new VotersActor(context, services));
    }

    private VotersActor(ActorContext<Command> context, VoterServices services) {
        super(context);
        this.services = services;
        ActorRef<Command> self = context.getSelf();
        unsubscribe = services.book().onChange(voters -> self.tell(new Changed(voters)));
        ActorRef<Receptionist.Listing> listings = context.messageAdapter(
                Receptionist.Listing.class, listing -> new Others(listing.getServiceInstances(KEY)));
        context.getSystem().receptionist().tell(Receptionist.register(KEY, self));
        context.getSystem().receptionist().tell(Receptionist.subscribe(KEY, listings));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Others.class, this::onOthers)
                .onMessage(Changed.class, this::onChanged)
                .onMessage(Known.class, this::onKnown)
                .onMessage(Join.class, this::onJoin)
                .onMessage(AskLevel.class, this::onAskLevel)
                .onSignal(PostStop.class, this::onEnd)
                .onSignal(PreRestart.class, this::onEnd)
                .build();
    }

    private Behavior<Command> onEnd(Signal ended) {
        unsubscribe.run();
        return this;
    }

    private Behavior<Command> onOthers(Others message) {
        Set<ActorRef<Command>> now = new HashSet<>(message.refs());
        now.remove(getContext().getSelf());
        VoterSet known = services.book().current();
        if (!known.isOfConfiguration()) {
            now.stream().filter(ref -> !others.contains(ref)).forEach(ref -> ref.tell(new Known(known)));
        }
        others = Set.copyOf(now);
        return this;
    }

    private Behavior<Command> onChanged(Changed message) {
        others.forEach(ref -> ref.tell(new Known(message.voters())));
        return this;
    }

    private Behavior<Command> onKnown(Known message) {
        learnt = services.book().learn(message.voters());
        return this;
    }

    private Behavior<Command> onJoin(Join message) {
        String address = message.address().isEmpty() ? services.address() : message.address();
        CompletionStage<?> unused = learnt.thenCompose(done -> services.seat().join(address, message.port()))
                .whenComplete((voter, failure) -> message.replyTo()
                        .tell(
                                failure == null
                                        ? new Joined(voter)
                                        : new NotJoined(refusal(address, message.port(), failure))));
        return this;
    }

    private Behavior<Command> onAskLevel(AskLevel message) {
        VoterSeat seat = services.seat();
        message.replyTo().tell(new Speaks(seat.spoken(), seat.outgrown().orElse("")));
        return this;
    }

    private static Problem refusal(String address, int port, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Throwable why = cause instanceof UncheckedIOException io && io.getCause() != null ? io.getCause() : cause;
        return Problem.of(
                Problem.Kind.CONFLICT,
                "address",
                address + ":" + port,
                "a free port on an address of the host that is to vote",
                String.valueOf(why.getMessage()) + "; expected a free port on an address of the host that is to vote");
    }
}
