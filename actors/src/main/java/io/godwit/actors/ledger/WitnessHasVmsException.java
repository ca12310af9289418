package io.godwit.actors.ledger;

import io.godwit.control.ledger.VmRecord;
import java.util.List;

/** A host that is to be a witness has VMs from when it was a member. Nothing was done to them. */
public final class WitnessHasVmsException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MOST_NAMED = 10;

    /** @param vms names of those that are its own or on their way to it; never empty */
    public WitnessHasVmsException(String hostId, List<String> vms) {
        super("host.role = witness: a witness runs no VMs, and the ledger has " + some(vms) + " with host \"" + hostId
                + "\"; expected member, until they are migrated, moved cold or deleted");
    }

    /** @return names of the VMs that the ledger has with a host, whether they run or not */
    static List<String> vmsOf(String hostId, List<VmRecord> all) {
        return all.stream()
                .filter(vm -> vm.owner().hostId().equals(hostId)
                        || (vm.prepared() != null
                                && vm.prepared().target().hostId().equals(hostId)))
                .map(vm -> vm.spec().name())
                .sorted()
                .toList();
    }

    private static String some(List<String> vms) {
        String named = String.join(", ", vms.subList(0, Math.min(vms.size(), MOST_NAMED)));
        return vms.size() > MOST_NAMED ? named + " and " + (vms.size() - MOST_NAMED) + " more VMs" : "VMs " + named;
    }
}
