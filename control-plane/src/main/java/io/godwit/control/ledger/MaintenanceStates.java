package io.godwit.control.ledger;

import io.godwit.control.ledger.HostMaintenance.Move;
import io.godwit.control.ledger.HostMaintenance.State;
import io.godwit.control.ledger.LedgerCommand.BeginMaintenance;
import io.godwit.control.ledger.LedgerCommand.EndMaintenance;
import io.godwit.control.ledger.LedgerCommand.NoteMove;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which hosts are under maintenance, and what that forbids. Part of {@link LedgerState}. */
final class MaintenanceStates {
    static final int MAX_HOSTS = 1024;
    /** More than any host runs; more moves cannot be remembered, so no more are begun. */
    static final int MAX_MOVES = 4096;

    private final Map<String, HostMaintenance> hosts = new LinkedHashMap<>();

    HostMaintenance of(String hostId) {
        return hosts.getOrDefault(hostId, HostMaintenance.none(hostId));
    }

    List<HostMaintenance> list() {
        return List.copyOf(hosts.values());
    }

    void restore(List<HostMaintenance> snapshot) {
        snapshot.forEach(host -> hosts.put(host.hostId(), host));
    }

    /** Why a host takes no VM, or starts none; null if it does. */
    @Nullable
    String objection(LedgerCommand command, @Nullable VmRecord vm) {
        if (command instanceof LedgerCommand.Create create) {
            return closed(create.owner());
        } else if (command instanceof LedgerCommand.Claim claim) {
            return closed(claim.owner());
        } else if (command instanceof LedgerCommand.Prepare prepare) {
            return closed(prepare.target());
        } else if (command instanceof LedgerCommand.SetDesired set
                && set.desired() != DesiredState.STOPPED
                && vm != null
                && vm.desired() == DesiredState.STOPPED) {
            return closed(set.owner());
        }
        return null;
    }

    private @Nullable String closed(HostIdentity host) {
        State state = of(host.hostId()).state();
        return state.takesVms() ? null : "host \"" + host.hostId() + "\" is " + state.inWords() + " and takes no VM";
    }

    /** @return why not, or null when it was done */
    @Nullable
    String begin(BeginMaintenance command) {
        HostMaintenance now = of(command.host());
        String objection = command.restore() ? restoreObjection(now) : drainObjection(now);
        if (objection != null) {
            return objection;
        } else if (hosts.size() >= MAX_HOSTS && !hosts.containsKey(command.host())) {
            return MAX_HOSTS + " hosts are under maintenance already; no more can be";
        }
        put(new HostMaintenance(
                now.hostId(),
                command.restore() ? State.RESTORING : State.DRAINING,
                command.operationId(),
                command.concurrency(),
                now.moves()));
        return null;
    }

    private static @Nullable String drainObjection(HostMaintenance now) {
        return switch (now.state()) {
            case ACTIVE -> null;
            case DRAINING -> "host \"" + now.hostId() + "\" is being drained already, by " + now.operationId();
            case MAINTENANCE -> "host \"" + now.hostId() + "\" is in maintenance already";
            case RESTORING ->
                "host \"" + now.hostId() + "\" takes its VMs back, by " + now.operationId() + "; cancel that first";
        };
    }

    private static @Nullable String restoreObjection(HostMaintenance now) {
        return switch (now.state()) {
            case MAINTENANCE -> null;
            case ACTIVE ->
                now.moves().isEmpty()
                        ? "host \"" + now.hostId() + "\" is active, and no drain moved VMs away from it"
                        : null;
            case DRAINING ->
                "host \"" + now.hostId() + "\" is being drained, by " + now.operationId() + "; cancel that first";
            case RESTORING -> "host \"" + now.hostId() + "\" takes its VMs back already, by " + now.operationId();
        };
    }

    /** @return why not, or null when it was done */
    @Nullable
    String note(NoteMove command) {
        HostMaintenance now = of(command.host());
        if (now.state() != State.DRAINING || !now.operationId().equals(command.operationId())) {
            return notUnderWay(now, command.operationId());
        }
        List<Move> moves = new ArrayList<>(now.moves());
        moves.removeIf(move -> move.vmId().equals(command.movedVmId()));
        if (moves.size() >= MAX_MOVES) {
            return "host \"" + now.hostId() + "\" has " + MAX_MOVES + " moves noted; no more can be remembered";
        }
        moves.add(new Move(command.movedVmId(), command.target()));
        put(new HostMaintenance(now.hostId(), now.state(), now.operationId(), now.concurrency(), moves));
        return null;
    }

    /** @return why not, or null when it was done */
    @Nullable
    String end(EndMaintenance command, Collection<VmRecord> vms) {
        HostMaintenance now = of(command.host());
        boolean draining = now.state() == State.DRAINING;
        if (!now.operationId().equals(command.operationId()) || !(draining || now.state() == State.RESTORING)) {
            return notUnderWay(now, command.operationId());
        }
        String objection = draining && command.completed() ? notEmpty(now.hostId(), vms) : null;
        if (objection == null) {
            boolean restored = !draining && command.completed();
            put(new HostMaintenance(
                    now.hostId(),
                    draining && command.completed() ? State.MAINTENANCE : State.ACTIVE,
                    now.operationId(),
                    now.concurrency(),
                    restored ? List.of() : now.moves()));
        }
        return objection;
    }

    private static String notUnderWay(HostMaintenance now, String operationId) {
        return "operation " + operationId + " is not under way: host \"" + now.hostId() + "\" is " + now.state();
    }

    /** What makes "in maintenance" true: nothing runs there, and nothing is on its way. */
    private static @Nullable String notEmpty(String hostId, Collection<VmRecord> vms) {
        for (VmRecord vm : vms) {
            PreparedMigration prepared = vm.prepared();
            if (vm.owner().hostId().equals(hostId) && vm.desired() != DesiredState.STOPPED) {
                return "VM " + vm.id() + " is " + vm.desired() + " on host \"" + hostId + "\"";
            } else if (prepared != null && prepared.target().hostId().equals(hostId)) {
                return "VM " + vm.id() + " is on its way to host \"" + hostId + "\"";
            }
        }
        return null;
    }

    private void put(HostMaintenance host) {
        if (host.isNone()) {
            hosts.remove(host.hostId());
        } else {
            hosts.put(host.hostId(), host);
        }
    }
}
