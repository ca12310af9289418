package io.godwit.actors.vm;

import io.godwit.vmm.Device;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Owns one device of a VM: quiesces it before its state is taken, hands over what another host
 * needs of it, and lets it go on afterwards. */
public final class DeviceActor extends AbstractBehavior<DeviceActor.Command> {
    public sealed interface Command {}

    /** Answered when no I/O of the device is in flight. */
    public record Quiesce(CompletableFuture<Void> done) implements Command {}

    /** Quiesces it; answered when another host may take what only one can have. */
    public record HandOver(CompletableFuture<Void> done) implements Command {}

    public record Resume(CompletableFuture<Void> done) implements Command {}

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
        Outcomes.pass(device.quiesce(), command.done());
        return this;
    }

    private Behavior<Command> onHandOver(HandOver command) {
        Outcomes.pass(device.quiesce().thenCompose(quiet -> device.handOver()), command.done());
        return this;
    }

    private Behavior<Command> onResume(Resume command) {
        Outcomes.pass(device.resume(), command.done());
        return this;
    }
}
