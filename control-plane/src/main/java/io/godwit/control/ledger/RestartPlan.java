package io.godwit.control.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a host whose JVM began anew asks of the ledger about the VMs of its earlier lives. Holding the lock on the state
 * directory, it knows that every earlier incarnation of itself is gone, with the memory it held.
 *
 * @param reclaims VMs that belonged to an earlier incarnation and to no undecided migration: asked for at once
 * @param offers commits of undecided migrations whose source was an earlier incarnation. The target may be ready or
 *     running, so the new incarnation must not abort; if the target lives it decides by itself on losing its source, so
 *     these are asked for only after a grace in which the record stayed undecided
 */
public record RestartPlan(List<LedgerCommand.Reclaim> reclaims, List<LedgerCommand.Commit> offers) {
    public RestartPlan {
        reclaims = List.copyOf(reclaims);
        offers = List.copyOf(offers);
    }

    /**
     * Migrations towards an earlier incarnation of {@code self} are left alone: it may have run the guest, so this host
     * cannot abort, and the source may hold the last copy, so it cannot commit. The source or its next life decides.
     */
    public static RestartPlan of(HostIdentity self, List<VmRecord> records) {
        List<LedgerCommand.Reclaim> reclaims = new ArrayList<>();
        List<LedgerCommand.Commit> offers = new ArrayList<>();
        for (VmRecord vm : records) {
            if (!vm.owner().hostId().equals(self.hostId()) || vm.owner().equals(self)) {
                continue;
            }
            PreparedMigration prepared = vm.prepared();
            if (prepared == null) {
                String requestId = self.incarnation() + "/" + vm.epoch();
                reclaims.add(new LedgerCommand.Reclaim(requestId, vm.id(), vm.owner(), vm.epoch(), self));
            } else {
                String requestId = prepared.migrationId() + "/restart/commit";
                offers.add(new LedgerCommand.Commit(requestId, vm.id(), prepared.migrationId()));
            }
        }
        return new RestartPlan(reclaims, offers);
    }

    /**
     * Earlier incarnations of {@code self} that undecided migrations name as their target. This host may confirm them dead
     * without an operator: if the source is confirmed dead too, somebody else can take a VM that nothing else would decide.
     */
    public static List<HostIdentity> gone(HostIdentity self, List<VmRecord> records) {
        return records.stream()
                .map(VmRecord::prepared)
                .filter(Objects::nonNull)
                .map(PreparedMigration::target)
                .filter(target -> target.hostId().equals(self.hostId()) && !target.equals(self))
                .distinct()
                .toList();
    }
}
