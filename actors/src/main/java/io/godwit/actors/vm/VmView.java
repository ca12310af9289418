package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VM as operators see it.
 *
 * @param backend {@code kvm} or {@code simulated}; empty while it has no machine
 * @param migrationId the migration under way, if any
 * @param detail why it is in this state, where that is not plain, or what else there is to say of it; else empty
 * @param devices of its machine; empty while it has none
 * @param generation the generation id that its guest sees, as text; empty where there is none
 * @param lastAct what the guest did last that ended it or booted it anew, if anything
 * @param guarded whether it runs only under its host's permit
 * @param waitsFor what keeps it from running although it is to: {@code permit}, {@code host NAME}, or empty
 */
public record VmView(
        String id,
        VmSpec spec,
        String host,
        long epoch,
        VmStatus status,
        String backend,
        @Nullable String migrationId,
        String detail,
        List<DeviceView> devices,
        String generation,
        @Nullable GuestActView lastAct,
        boolean guarded,
        String waitsFor)
        implements Wire {
    private static final String PERMIT = "permit";

    public VmView {
        devices = List.copyOf(devices);
    }

    /** Of a VM about whose machine nothing is known. */
    public VmView(
            String id,
            VmSpec spec,
            String host,
            long epoch,
            VmStatus status,
            String backend,
            @Nullable String migrationId,
            String detail) {
        this(id, spec, host, epoch, status, backend, migrationId, detail, List.of(), "", null, false, "");
    }

    static VmView of(
            VmRecord vm,
            String host,
            VmStatus status,
            @Nullable VaultedMachine machine,
            @Nullable Operation operation,
            String detail,
            @Nullable GuestActView lastAct) {
        String backend = machine == null ? "" : machine.machine().backend().label();
        String migrationId = operation == null ? null : operation.migrationId();
        return new VmView(
                vm.id(),
                vm.spec(),
                host,
                vm.epoch(),
                status,
                backend,
                migrationId,
                detail,
                machine == null ? List.of() : DeviceView.of(machine.machine().devices()),
                machine == null ? "" : machine.machine().generation().orElse(""),
                lastAct,
                false,
                "");
    }

    VmView guarded(boolean on) {
        return with(status, detail, on, waitsFor);
    }

    /** The same VM, which is to run and is kept from it by its host's permit. */
    VmView suspended(String byHost) {
        String why = "it waits for a run permit: host " + byHost + " has lost the ledger's quorum";
        return with(VmStatus.PAUSED, why, guarded, PERMIT);
    }

    /** The same VM, of whose recovery something is known. */
    public VmView waiting(String forWhat, String why) {
        return with(status, why, guarded, forWhat);
    }

    /** The same VM, with what else there is to say of it. */
    public VmView noting(String note) {
        return note.isEmpty() ? this : with(status, detail.isEmpty() ? note : detail + "; " + note, guarded, waitsFor);
    }

    private VmView with(VmStatus newStatus, String newDetail, boolean newGuarded, String newWaitsFor) {
        return new VmView(
                id,
                spec,
                host,
                epoch,
                newStatus,
                backend,
                migrationId,
                newDetail,
                devices,
                generation,
                lastAct,
                newGuarded,
                newWaitsFor);
    }
}
