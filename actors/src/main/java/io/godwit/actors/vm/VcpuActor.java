package io.godwit.actors.vm;

import io.godwit.vmm.Vcpu;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Owns one vCPU thread: the only actor that lets it run or stops it. The thread itself never waits for an actor. */
public final class VcpuActor extends AbstractBehavior<VcpuActor.Command> {
    public sealed interface Command {}

    /** Answered when the thread is about to enter the guest. */
    public record Resume(CompletableFuture<Void> done) implements Command {}

    /** Answered when no guest code runs and the registers are consistent. */
    public record Pause(CompletableFuture<Void> done) implements Command {}

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
        Outcomes.pass(vcpu.resume(), command.done());
        return this;
    }

    private Behavior<Command> onPause(Pause command) {
        Outcomes.pass(vcpu.pause(), command.done());
        return this;
    }
}
