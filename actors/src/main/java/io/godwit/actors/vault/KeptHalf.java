package io.godwit.actors.vault;

import io.godwit.vmm.Machine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * What a target had received of a migration that failed, kept for an operator to look into. Its vCPUs stand still and
 * nobody is given them: there is no way from here to a VM that runs. It holds its memory, and the host counts that,
 * until it is discarded.
 */
public final class KeptHalf {
    private final String migrationId;
    private final String vmId;
    private final String reason;
    private final long keptAtEpochMs = System.currentTimeMillis();
    private final Machine machine;

    KeptHalf(String migrationId, String vmId, String reason, Machine machine) {
        this.migrationId = migrationId;
        this.vmId = vmId;
        this.reason = reason;
        this.machine = machine;
    }

    /** Its name on this host: the VM's may be used by the VM itself again. */
    public String id() {
        return migrationId;
    }

    public String vmId() {
        return vmId;
    }

    public String vmName() {
        return machine.spec().name();
    }

    public long memoryBytes() {
        return machine.spec().memoryBytes();
    }

    public String backend() {
        return machine.backend().label();
    }

    /** Why the migration failed. */
    public String reason() {
        return reason;
    }

    public long keptAtEpochMs() {
        return keptAtEpochMs;
    }

    CompletionStage<Void> close(Executor workers) {
        return CompletableFuture.runAsync(machine::close, workers);
    }

    void closeNow() {
        machine.close();
    }
}
