package io.godwit.actors.permit;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitAction;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** Lets the time of {@link RunPermits} pass and carries its questions to the ledger. One per node. */
public final class PermitActor extends AbstractBehavior<PermitActor.Command> {
    public sealed interface Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    private record Asked(PermitAction action) implements Command {}

    private record Renewed(Optional<Grant> grant) implements Command {}

    private record NotRenewed(String reason) implements Command {}

    private record Read(String vmId, long period, Optional<VmRecord> vm) implements Command {}

    private record NotRead(String vmId, long period) implements Command {}

    /** Told to whoever has the host's VMs: this one is not the host's any more, its machine has to go. */
    public record GivenUp(String vmId, String reason) {}

    private record Question(String vmId, long period) {}

    private final NodeServices node;
    private final RunPermits permits;
    private final ActorRef<GivenUp> vms;
    private final TimerScheduler<Command> timers;
    private final Set<Question> reading = new HashSet<>();
    private boolean hadPermit;

    public static Behavior<Command> create(NodeServices node, ActorRef<GivenUp> vms) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new PermitActor(context, timers, node, vms)));
    }

    private PermitActor(
            ActorContext<Command> context, TimerScheduler<Command> timers, NodeServices node, ActorRef<GivenUp> vms) {
        super(context);
        this.node = node;
        this.permits = node.permits();
        this.vms = vms;
        this.timers = timers;
        ActorRef<Command> self = context.getSelf();
        permits.onAction(action -> self.tell(new Asked(action)));
        self.tell(Tick.INSTANCE);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Tick.class, tick -> onTick())
                .onMessage(Asked.class, this::onAsked)
                .onMessage(Renewed.class, this::onRenewed)
                .onMessage(NotRenewed.class, this::onNotRenewed)
                .onMessage(Read.class, this::onRead)
                .onMessage(NotRead.class, this::onNotRead)
                .build();
    }

    private Behavior<Command> onTick() {
        long waitMs = permits.tick();
        timers.startSingleTimer(Tick.INSTANCE, Duration.ofMillis(waitMs));
        return told();
    }

    private Behavior<Command> onAsked(Asked asked) {
        if (asked.action() instanceof PermitAction.SendRenewal send) {
            getContext()
                    .pipeToSelf(
                            node.permitLine().renew(send.renewal()),
                            (grant, failure) ->
                                    failure == null ? new Renewed(grant) : new NotRenewed(String.valueOf(failure)));
        } else if (asked.action() instanceof PermitAction.Read read) {
            ask(new Question(read.vmId(), read.period()));
        } else if (asked.action() instanceof PermitAction.GiveUp lost) {
            getContext().getLog().warn("VM {} is given up here: {}", lost.vmId(), lost.reason());
            vms.tell(new GivenUp(lost.vmId(), lost.reason()));
        }
        return this;
    }

    /** The holder asks again each second; a question that is still on its way is not put twice. */
    private void ask(Question question) {
        if (reading.add(question)) {
            getContext()
                    .pipeToSelf(
                            node.ownership().find(question.vmId()),
                            (vm, failure) -> failure == null
                                    ? new Read(question.vmId(), question.period(), vm)
                                    : new NotRead(question.vmId(), question.period()));
        }
    }

    private Behavior<Command> onRenewed(Renewed renewed) {
        renewed.grant().ifPresent(permits::granted);
        return told();
    }

    private Behavior<Command> onNotRenewed(NotRenewed failed) {
        getContext().getLog().debug("the permit was not renewed: {}", failed.reason());
        return told();
    }

    private Behavior<Command> onRead(Read read) {
        reading.remove(new Question(read.vmId(), read.period()));
        permits.read(read.vmId(), read.period(), read.vm());
        return told();
    }

    private Behavior<Command> onNotRead(NotRead failed) {
        reading.remove(new Question(failed.vmId(), failed.period()));
        return this;
    }

    /** Tells operators when the permit comes or goes. */
    private Behavior<Command> told() {
        boolean has = permits.period() != RunPermits.NEVER;
        if (has != hadPermit) {
            hadPermit = has;
            if (has) {
                getContext().getLog().info("host {} has a run permit", node.hostId());
            } else {
                getContext()
                        .getLog()
                        .error(
                                "host {} lost the ledger's quorum: its run permit ran out, and VMs that could be started"
                                        + " elsewhere are paused until it is back",
                                node.hostId());
            }
            node.events().host(has ? "host.quorum-regained" : "host.quorum-lost");
        }
        return this;
    }
}
