package io.godwit.control.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a host whose actors begin anew does with the VMs the ledger names and the machines its vault still holds.
 *
 * @param serve VMs that are this host's: their actors are started, and adopt a machine where there is one
 * @param settle asked for at once: undecided migrations whose machine is here and which nobody drives any longer
 * @param offers asked for only after a grace, see {@link RestartPlan}
 * @param discard machines here that the ledger gives to nobody here
 */
public record Homecoming(
        List<VmRecord> serve, List<LedgerCommand> settle, List<LedgerCommand.Commit> offers, List<String> discard) {
    public Homecoming {
        serve = List.copyOf(serve);
        settle = List.copyOf(settle);
        offers = List.copyOf(offers);
        discard = List.copyOf(discard);
    }

    /**
     * A machine in the vault.
     *
     * @param handedOverIn the migration whose {@code Go} was sent from here, or for which the machine here was ready
     */
    public record Held(String vmId, Optional<String> handedOverIn) {}

    public static Homecoming of(HostIdentity self, List<VmRecord> records, List<Held> machines) {
        Map<String, Held> held = new HashMap<>();
        machines.forEach(machine -> held.put(machine.vmId(), machine));
        List<VmRecord> serve = new ArrayList<>();
        List<LedgerCommand> settle = new ArrayList<>();
        for (VmRecord vm : records) {
            Held machine = held.get(vm.id());
            if (machine != null && concerns(vm, self)) {
                held.remove(vm.id());
                if (vm.prepared() == null) {
                    serve.add(vm);
                } else {
                    settle.add(settlement(vm, vm.prepared(), machine));
                }
            } else if (vm.owner().hostId().equals(self.hostId()) && vm.prepared() == null) {
                serve.add(vm);
            }
        }
        return new Homecoming(serve, settle, RestartPlan.of(self, records).offers(), List.copyOf(held.keySet()));
    }

    /** Whether this host serves the VM or has a migration of it settled. */
    public boolean concerns(String vmId) {
        return serve.stream().anyMatch(vm -> vm.id().equals(vmId))
                || settle.stream().anyMatch(command -> command.vmId().equals(vmId));
    }

    private static boolean concerns(VmRecord vm, HostIdentity self) {
        PreparedMigration prepared = vm.prepared();
        return vm.owner().equals(self) || (prepared != null && prepared.target().equals(self));
    }

    /**
     * A source that sent Go may only ask for Commit, and so does a target that was ready, which may hold the only copy;
     * every other side that lost its conversation gives the migration up. Both hosts may ask the same under one request id,
     * which the ledger answers the same; it has no room in an id for a host's name.
     */
    private static LedgerCommand settlement(VmRecord vm, PreparedMigration prepared, Held machine) {
        boolean wentOver =
                machine.handedOverIn().filter(prepared.migrationId()::equals).isPresent();
        return wentOver
                ? new LedgerCommand.Commit(prepared.migrationId() + "/home/commit", vm.id(), prepared.migrationId())
                : new LedgerCommand.Abort(prepared.migrationId() + "/home/abort", vm.id(), prepared.migrationId());
    }
}
