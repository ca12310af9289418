package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.vmm.Vcpu;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a host's VMs have used: counts, so that whoever asks twice knows what they use.
 *
 * @param cpuTimeNs of all vCPUs of a machine since it was made, by the VM's id
 * @param leaving where VMs that migrate away from here are going, by the VM's id
 * @param migrationBytesPerSecond that its migrations' streams carried of late; 0 until one was measured
 */
public record HostLoad(
        SortedMap<String, Long> cpuTimeNs, SortedMap<String, String> leaving, long migrationBytesPerSecond)
        implements Wire {
    static HostLoad of(NodeServices node) {
        SortedMap<String, Long> cpuTimeNs = new TreeMap<>();
        for (VaultedMachine machine : node.vault().machines()) {
            cpuTimeNs.put(
                    machine.vmId(),
                    machine.machine().vcpus().stream()
                            .mapToLong(Vcpu::cpuTimeNs)
                            .sum());
        }
        SortedMap<String, String> leaving = new TreeMap<>();
        for (MigrationView view : node.migrations().list()) {
            if (!view.ended() && view.role().equals("source")) {
                leaving.put(view.vmId(), view.to());
            }
        }
        HostExperience experience = node.migration().experience();
        return new HostLoad(
                cpuTimeNs, leaving, experience.isBandwidthKnown() ? Math.round(experience.bytesPerSecond()) : 0);
    }
}
