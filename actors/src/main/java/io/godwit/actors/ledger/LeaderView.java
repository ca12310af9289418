package io.godwit.actors.ledger;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What this host's voter knows while it leads: what recovery decides by. It may be outdated when it is read. */
public interface LeaderView {
    /** A life of a host, as the leader's permits tell. */
    enum Contact {
        /** It was granted a permit that may be valid. */
        HEARD,
        /** It may hold a permit, of this leader's or of an earlier one's. */
        UNCERTAIN,
        /** No permit of it can be valid. */
        SILENT
    }

    /**
     * @param term in which it leads
     * @param vms as applied, in the order of creation
     * @param guarded ids of those that run only under permits
     * @param confirmedDead of the hosts below
     * @param keeping names of hosts whose VMs are not started elsewhere without an operator's word
     * @param maintenance of the hosts that are not merely active, by name
     * @param rebalancer what it may do unasked, and its moves
     * @param hosts every life of a host that owns a VM or is a migration's target, or asked for a permit in this term
     * @param lives the last life of each host that asked for a permit in this term
     */
    record Leading(
            long term,
            List<VmRecord> vms,
            Set<String> guarded,
            Set<HostIdentity> confirmedDead,
            Set<String> keeping,
            Map<String, HostMaintenance.State> maintenance,
            LedgerSnapshot.Rebalancer rebalancer,
            Map<HostIdentity, Contact> hosts,
            List<HostIdentity> lives) {
        public Leading {
            vms = List.copyOf(vms);
            guarded = Set.copyOf(guarded);
            confirmedDead = Set.copyOf(confirmedDead);
            keeping = Set.copyOf(keeping);
            maintenance = Map.copyOf(maintenance);
            hosts = Map.copyOf(hosts);
            lives = List.copyOf(lives);
        }
    }

    /** Empty unless this host's voter leads and has applied an entry of its term. */
    Optional<Leading> leading();
}
