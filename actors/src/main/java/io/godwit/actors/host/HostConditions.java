package io.godwit.actors.host;

import io.godwit.actors.admission.TargetConditions;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import io.godwit.transport.driver.DriverStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** What this host is like right now, for {@link io.godwit.actors.admission.Admission} to judge by. */
final class HostConditions {
    private static final Set<MemberStatus> RECEIVING = Set.of(MemberStatus.up(), MemberStatus.weaklyUp());

    private HostConditions() {}

    /**
     * @param present ids of the VMs that have an actor here, with a machine or without
     * @param machineReasons what the hypervisor has against the machine
     */
    static TargetConditions of(
            NodeServices node,
            ActorSystem<?> system,
            Set<String> present,
            Manifest manifest,
            List<String> machineReasons) {
        Map<String, String> machines = new HashMap<>(node.vault().names());
        if (present.contains(manifest.vm().id())
                || node.permits().isHeld(manifest.vm().id())) {
            machines.put(manifest.vm().id(), manifest.vm().spec().name());
        }
        return new TargetConditions(
                node.hostId(),
                node.facts().kernel(),
                node.migration().protocol(),
                node.vault().totalMemoryBytes(),
                node.vault().usedMemoryBytes(),
                machines,
                notReceiving(node, system),
                machineReasons,
                noStreams(node.migration().transport().status()));
    }

    /** Room for the lanes' term buffers is asked for when they are opened, which is part of admission too. */
    private static List<String> noStreams(DriverStatus driver) {
        return driver.running()
                ? List.of()
                : List.of("page streams: the media driver does not run: " + driver.lastFault());
    }

    private static List<String> notReceiving(NodeServices node, ActorSystem<?> system) {
        List<String> objections = node.resources().objections(node.hostId());
        if (!objections.isEmpty()) {
            return objections;
        }
        MemberStatus status = Cluster.get(system).selfMember().status();
        return RECEIVING.contains(status)
                ? node.maintenance().notReceiving(node.hostId())
                : List.of("host " + node.hostId() + " takes no VM while it is "
                        + status.toString().toLowerCase(Locale.ROOT));
    }
}
