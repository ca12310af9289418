package io.godwit.actors.vm;

import io.godwit.vmm.Device;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.pattern.StatusReply;

/** Owns one device of a VM: quiesces it before its state is taken, hands over what another host
 * needs of it, and lets it go on afterwards. */
public final class DeviceActor extends AbstractBehavior<DeviceActor.Command> {
    public sealed interface Command {}

    /** Answered when no I/O of the device is in flight. */
    public record Quiesce(ActorRef<StatusReply<Done>> replyTo) implements Command {}

    /** Answered when another host may take what only one can have. */
    public record HandOver(ActorRef<StatusReply<Done>> replyTo) implements Command {}

    public record Resume(ActorRef<StatusReply<Done>> replyTo) implements Command {}

    private final Device device;

    public static Behavior<Command> create(Device device) {
        return Behaviors.setup(context -> new DeviceActor(context, device));
    }

    private DeviceActor(ActorContext<Command> context, Device device) {
        super(context);
        this.device = device;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Quiesce.class, this::onQuiesce)
                .onMessage(HandOver.class, this::onHandOver)
                .onMessage(Resume.class, this::onResume)
                .build();
    }

    private Behavior<Command> onQuiesce(Quiesce command) {
        Replies.when(device.quiesce(), command.replyTo());
        return this;
    }

    private Behavior<Command> onHandOver(HandOver command) {
        Replies.when(device.handOver(), command.replyTo());
        return this;
    }

    private Behavior<Command> onResume(Resume command) {
        Replies.when(device.resume(), command.replyTo());
        return this;
    }
}
