package io.godwit.control.recovery;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;

/** What recovery does about one VM now, or what it waits for. All but {@link Start} are decided again each time. */
public sealed interface RecoveryStep {
    String vmId();

    /** Have the host that the claim names submit it, and start the VM when it was applied. */
    record Start(LedgerCommand.Claim claim) implements RecoveryStep {
        @Override
        public String vmId() {
            return claim.vmId();
        }
    }

    /**
     * Tell the target that the source is gone: if it is {@code Ready} it asks for {@code Commit}, else for {@code Abort}.
     * Nothing is started from disk before that is decided or the target is silent too.
     */
    record OfferCommit(String vmId, String migrationId, HostIdentity target) implements RecoveryStep {}

    /** The VM is in state {@code fencing}: have its holder fenced. */
    record Fence(String vmId, HostIdentity holder, String pool) implements RecoveryStep {}

    /** @param reason for the operator */
    record Wait(String vmId, String reason) implements RecoveryStep {}
}
