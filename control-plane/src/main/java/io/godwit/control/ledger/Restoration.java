package io.godwit.control.ledger;

import io.godwit.config.MigrationParameters;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A backup put in the place of a ledger that is empty but for the name of its only host. What the backup says of VMs counts:
 * their definitions, owners, epochs and desired states. What it says of hosts' names does not, for the state directories
 * they belonged to may be gone: a name is its first taker's again. And no VM of another host is started elsewhere without an
 * operator's word: the host may be running it. The level is the higher one: what either holds may need it.
 */
public final class Restoration {
    private static final int MAX_NAMED = 5;

    private Restoration() {}

    /**
     * Why nothing may be restored there; empty where it may.
     *
     * @param self the only host
     */
    public static List<String> objections(LedgerSnapshot present, String self) {
        List<String> objections = new ArrayList<>();
        if (!present.vms().isEmpty()) {
            objections.add("it has VMs (" + present.vms().size() + "): "
                    + named(present.vms().stream().map(vm -> vm.spec().name()).toList()));
        }
        List<String> others = present.names().stream()
                .map(LedgerSnapshot.HostName::hostId)
                .filter(name -> !name.equals(self))
                .toList();
        if (!others.isEmpty()) {
            objections.add("it knows other hosts than " + self + ": " + named(others));
        }
        if (!present.maintenance().isEmpty()) {
            objections.add("it knows hosts that were drained: "
                    + named(present.maintenance().stream()
                            .map(HostMaintenance::hostId)
                            .toList()));
        }
        if (!present.cluster().parameters().equals(MigrationParameters.NONE)) {
            objections.add("it has migration parameters of its own");
        }
        return objections;
    }

    private static String named(List<String> names) {
        return names.size() <= MAX_NAMED
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MAX_NAMED)) + " and " + (names.size() - MAX_NAMED) + " more";
    }

    /** The ledger afterwards. */
    public static LedgerSnapshot of(LedgerSnapshot present, LedgerSnapshot backup, String self) {
        Set<String> keeping = new LinkedHashSet<>(backup.failover().keeping());
        backup.vms().stream()
                .map(vm -> vm.owner().hostId())
                .filter(owner -> !owner.equals(self))
                .forEach(keeping::add);
        return new LedgerSnapshot(
                backup.vms(),
                backup.histories(),
                backup.retiredIds(),
                backup.cluster(),
                new LedgerSnapshot.Failover(
                        backup.failover().guarded(), backup.failover().confirmedDead(), List.copyOf(keeping)),
                backup.maintenance(),
                present.names(),
                Math.max(present.level(), backup.level()));
    }
}
