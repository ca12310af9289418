package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.VmRecord;
import org.jspecify.annotations.Nullable;

/**
 * A VM as operators see it.
 *
 * @param backend {@code kvm} or {@code simulated}; empty while it has no machine
 * @param migrationId the migration under way, if any
 * @param detail why it is in this state, where that is not plain; else empty
 */
public record VmView(
        String id,
        VmSpec spec,
        String host,
        long epoch,
        VmStatus status,
        String backend,
        @Nullable String migrationId,
        String detail)
        implements Wire {
    static VmView of(
            VmRecord vm,
            String host,
            VmStatus status,
            @Nullable VaultedMachine machine,
            @Nullable Operation operation,
            String detail) {
        String backend = machine == null ? "" : machine.machine().backend().label();
        String migrationId = operation == null ? null : operation.migrationId();
        return new VmView(vm.id(), vm.spec(), host, vm.epoch(), status, backend, migrationId, detail);
    }
}
