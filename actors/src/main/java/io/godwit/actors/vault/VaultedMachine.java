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
     * Called before Go is sent, and before a received machine runs on it: the migration may have been decided by that,
     * and whoever takes the machine up after a restart of the actors may ask the ledger only for Commit.
     */
    public void handedOver(String migrationId) {
        handedOverIn = migrationId;
    }

    /** The ledger decided the migration, and the machine is this host's. */
    public void settled() {
        handedOverIn = null;
    }

    /** The undecided migration in which Go was sent or obeyed here. */
    public @Nullable String handedOverIn() {
        return handedOverIn;
    }
}
