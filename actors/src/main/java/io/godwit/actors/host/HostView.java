package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.serialization.Wire;

/**
 * A host as operators see it.
 *
 * @param state {@code draining}, {@code maintenance} or {@code restoring} for a member that is up and under maintenance;
 *     else the cluster's word for it: {@code up}, {@code unreachable}, {@code leaving} …
 * @param backend what runs machines here: {@code kvm} or {@code simulated}; {@code none} of a witness
 * @param guestMemoryBytes what guests may have in all, of which {@code usedMemoryBytes} is taken or reserved
 * @param kernel release of the host's kernel
 * @param apiUrl where its gateway serves
 * @param permit what lets its guarded VMs run
 * @param resources what it has that VMs may want
 */
public record HostView(
        String id,
        String incarnation,
        String state,
        String backend,
        int cpus,
        String cpuModel,
        String microcode,
        String kernel,
        long guestMemoryBytes,
        long usedMemoryBytes,
        int vms,
        String apiUrl,
        String version,
        PermitView permit,
        HostResources resources)
        implements Wire {
    private static final String NO_BACKEND = "none";

    /** Of a host that does not answer. */
    public static HostView unknown(String id, String state) {
        return new HostView(id, "", state, "", 0, "", "", "", 0, 0, 0, "", "", PermitView.NONE, HostResources.NONE);
    }

    static HostView of(NodeServices node, int vms) {
        HostFacts facts = node.facts();
        return new HostView(
                node.hostId(),
                node.vault().identity().incarnation(),
                node.maintenance().label(),
                node.resources().isWitness()
                        ? NO_BACKEND
                        : node.vault().factory().backend().label(),
                facts.cpus(),
                facts.cpuModel(),
                facts.microcode(),
                facts.kernel(),
                node.vault().totalMemoryBytes(),
                node.vault().usedMemoryBytes(),
                vms,
                facts.apiUrl(),
                facts.version(),
                PermitView.of(node.permits()),
                node.resources());
    }

    /** @param member the cluster's word for its member: what a host says of its own maintenance holds while that is up */
    public HostView seenAs(String member) {
        return new HostView(
                id,
                incarnation,
                member.equals("up") ? state : member,
                backend,
                cpus,
                cpuModel,
                microcode,
                kernel,
                guestMemoryBytes,
                usedMemoryBytes,
                vms,
                apiUrl,
                version,
                permit,
                resources);
    }
}
