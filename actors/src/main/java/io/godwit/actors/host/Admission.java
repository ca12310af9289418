package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import java.util.ArrayList;
import java.util.List;

/** Whether a VM may be received here: every reason why not, in one answer. */
final class Admission {
    private Admission() {}

    static List<String> refusals(NodeServices node, Manifest manifest, boolean present) {
        List<String> reasons = new ArrayList<>();
        if (manifest.minProtocol() > Manifest.PROTOCOL || manifest.maxProtocol() < Manifest.PROTOCOL) {
            reasons.add(String.format(
                    "migration protocol: the source speaks %d to %d, host %s speaks %d",
                    manifest.minProtocol(), manifest.maxProtocol(), node.hostId(), Manifest.PROTOCOL));
        }
        if (present || node.vault().find(manifest.vm().id()).isPresent()) {
            reasons.add("host " + node.hostId() + " has not yet let go of VM "
                    + manifest.vm().spec().name());
        }
        long freeBytes = node.vault().totalMemoryBytes() - node.vault().usedMemoryBytes();
        if (manifest.vm().spec().memoryBytes() > freeBytes) {
            reasons.add(String.format(
                    "memory: the VM has %d bytes, host %s has %d of %d left for guests",
                    manifest.vm().spec().memoryBytes(),
                    node.hostId(),
                    freeBytes,
                    node.vault().totalMemoryBytes()));
        }
        if (!manifest.profile().spec().equals(manifest.vm().spec())) {
            reasons.add("manifest: the machine's definition differs from the ledger's");
        }
        reasons.addAll(node.vault().factory().refusals(manifest.profile()));
        return reasons;
    }
}
