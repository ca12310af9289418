package io.godwit.actors.admission;

import java.util.List;
import java.util.Map;

/**
 * A host at the moment when it is asked to receive a VM.
 *
 * @param kernel release of its kernel
 * @param protocol what it speaks
 * @param guestMemoryBytes what its guests may have in all, of which {@code usedMemoryBytes} is taken or reserved
 * @param machines name, by id, of every VM that has a machine here, kept halves of failed migrations among them
 * @param notReceiving why it takes no VM at all just now, such as that it leaves the cluster; empty when it does
 * @param machineReasons what its hypervisor has against this machine: CPU, TSC, components, memory of the host
 * @param streamReasons what it has against opening the page stream's lanes
 */
public record TargetConditions(
        String hostId,
        String kernel,
        ProtocolRange protocol,
        long guestMemoryBytes,
        long usedMemoryBytes,
        Map<String, String> machines,
        List<String> notReceiving,
        List<String> machineReasons,
        List<String> streamReasons) {
    public TargetConditions {
        machines = Map.copyOf(machines);
        notReceiving = List.copyOf(notReceiving);
        machineReasons = List.copyOf(machineReasons);
        streamReasons = List.copyOf(streamReasons);
    }
}
