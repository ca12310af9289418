package io.godwit.actors.vault;

import io.godwit.vmm.Machine;
import org.jspecify.annotations.Nullable;

/** A machine and what a new actor system has to know to take it over. */
public final class VaultedMachine {
    private final String vmId;
    private final Machine machine;
    private volatile @Nullable String handedOverIn;

    VaultedMachine(String vmId, Machine machine) {
        this.vmId = vmId;
        this.machine = machine;
    }

    public String vmId() {
        return vmId;
    }

    public Machine machine() {
        return machine;
    }

    /** Called before Go is sent: from here the machine runs here again only if the ledger shows the migration aborted. */
    public void handedOver(String migrationId) {
        handedOverIn = migrationId;
    }

    /** The ledger aborted the migration after all. */
    public void keptAfterAll() {
        handedOverIn = null;
    }

    /** The migration whose Go was, or was about to be, sent. */
    public @Nullable String handedOverIn() {
        return handedOverIn;
    }
}
