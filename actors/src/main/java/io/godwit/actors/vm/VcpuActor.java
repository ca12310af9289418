package io.godwit.actors.vm;

import io.godwit.vmm.Vcpu;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.pattern.StatusReply;

/** Owns one vCPU thread: the only actor that lets it run or stops it. The thread itself never waits for an actor. */
public final class VcpuActor extends AbstractBehavior<VcpuActor.Command> {
    public sealed interface Command {}

    /** Answered when the thread is about to enter the guest. */
    public record Resume(ActorRef<StatusReply<Done>> replyTo) implements Command {}

    /** Answered when no guest code runs and the registers are consistent. */
    public record Pause(ActorRef<StatusReply<Done>> replyTo) implements Command {}

    private final Vcpu vcpu;

    public static Behavior<Command> create(Vcpu vcpu) {
        return Behaviors.setup(context -> new VcpuActor(context, vcpu));
    }

    private VcpuActor(ActorContext<Command> context, Vcpu vcpu) {
        super(context);
        this.vcpu = vcpu;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Resume.class, this::onResume)
                .onMessage(Pause.class, this::onPause)
                .build();
    }

    private Behavior<Command> onResume(Resume command) {
        Replies.when(vcpu.resume(), command.replyTo());
        return this;
    }

    private Behavior<Command> onPause(Pause command) {
        Replies.when(vcpu.pause(), command.replyTo());
        return this;
    }
}
