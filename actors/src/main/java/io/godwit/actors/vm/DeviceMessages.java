package io.godwit.actors.vm;

import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicRequest;
import org.apache.pekko.actor.typed.ActorRef;

/** What operators ask about devices that come to a VM or leave it, whether it runs or not. */
public final class DeviceMessages {
    private DeviceMessages() {}

    public record AttachDisk(DiskSpec disk, ActorRef<VmActor.Answer> replyTo) implements VmActor.DeviceRequest {}

    public record AttachNic(NicRequest nic, ActorRef<VmActor.Answer> replyTo) implements VmActor.DeviceRequest {}

    /**
     * Answered when the device is out, or stays.
     *
     * @param device its id, such as {@code disk/1}
     * @param force whether it is pulled, whatever the guest does with it
     */
    public record Detach(String device, boolean force, ActorRef<VmActor.Answer> replyTo)
            implements VmActor.DeviceRequest {}
}
