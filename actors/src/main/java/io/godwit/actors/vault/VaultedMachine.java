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

    /**
     * Called by a source before it sends Go, and by a target before it says that it is ready: from there the target may
     * run, or hold the only copy, and whoever takes the machine up after a restart of the actors may ask the ledger only
     * for Commit.
     */
    public void handedOver(String migrationId) {
        handedOverIn = migrationId;
    }

    /** The ledger decided the migration, and the machine is this host's. */
    public void settled() {
        handedOverIn = null;
    }

    /** The undecided migration for which only Commit may be asked from here. */
    public @Nullable String handedOverIn() {
        return handedOverIn;
    }
}
