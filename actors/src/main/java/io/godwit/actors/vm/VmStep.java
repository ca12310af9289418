package io.godwit.actors.vm;

import io.godwit.actors.vault.VaultedMachine;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.MachineEvent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far a VM's actor has come with what it began, and what its guest does meanwhile. */
sealed interface VmStep extends VmActor.Internal {
    record MachineReady(VmRecord vm, VaultedMachine machine) implements VmStep {}

    record OperationDone(VmRecord vm, VmStatus status) implements VmStep {}

    /** @param vm the ledger's record as it is after what went well before the failure */
    record OperationFailed(Problem problem, VmStatus status, VmRecord vm) implements VmStep {}

    record RecordDeleted() implements VmStep {}

    /** A device came or went, or did not. */
    record DevicesChanged(VmRecord vm, @Nullable Problem problem) implements VmStep {}

    /** The host's permit has stopped the machine, or let it run again. */
    enum PermitTurned implements VmStep {
        INSTANCE
    }

    enum Forgotten implements VmStep {
        INSTANCE
    }

    record GuestEvent(MachineEvent event) implements VmStep {}

    /** A guest reset itself during its migration; {@code left} waits for the migration's end. */
    record RebootedMeanwhile(Optional<MachineEvent> left) implements VmStep {}
}
