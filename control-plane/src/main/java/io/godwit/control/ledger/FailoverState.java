package io.godwit.control.ledger;

import static io.godwit.control.ledger.LedgerState.describe;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the log knows of which VMs may be started elsewhere: those that permits guard, and hosts said to be dead. */
final class FailoverState {
    /** Beyond this many the oldest is forgotten: its VMs then wait for it again until an operator repeats that. */
    static final int MAX_CONFIRMED_DEAD = 1024;

    static final int MAX_KEEPING = 1024;

    private final Set<String> guarded = new LinkedHashSet<>();
    private final Set<HostIdentity> confirmedDead = new LinkedHashSet<>();
    private final Set<String> keeping = new LinkedHashSet<>();

    boolean isGuarded(String vmId) {
        return guarded.contains(vmId);
    }

    void setGuarded(String vmId, boolean on) {
        if (on) {
            guarded.add(vmId);
        } else {
            guarded.remove(vmId);
        }
    }

    boolean isConfirmedDead(HostIdentity host) {
        return confirmedDead.contains(host);
    }

    void confirmDead(HostIdentity host) {
        confirmedDead.add(host);
        if (confirmedDead.size() > MAX_CONFIRMED_DEAD) {
            confirmedDead.remove(confirmedDead.iterator().next());
        }
    }

    Set<String> keeping() {
        return Set.copyOf(keeping);
    }

    /** Why the host cannot be told so; null if it was. */
    @Nullable
    String setAutoMigrate(String hostId, boolean on) {
        if (on) {
            keeping.remove(hostId);
        } else if (!keeping.contains(hostId) && keeping.size() == MAX_KEEPING) {
            return "auto-migrate-on-host-down is off for " + MAX_KEEPING + " hosts; expected at most as many";
        } else {
            keeping.add(hostId);
        }
        return null;
    }

    LedgerSnapshot.Failover snapshot() {
        return new LedgerSnapshot.Failover(List.copyOf(guarded), List.copyOf(confirmedDead), List.copyOf(keeping));
    }

    void restore(LedgerSnapshot.Failover snapshot) {
        guarded.addAll(snapshot.guarded());
        confirmedDead.addAll(snapshot.confirmedDead());
        keeping.addAll(snapshot.keeping());
    }

    /** A life of a host that is over takes no VM, whoever asks for it. */
    @Nullable
    String objection(LedgerCommand command) {
        HostIdentity taker = taker(command);
        return taker == null || !isConfirmedDead(taker)
                ? null
                : "host " + describe(taker) + " was confirmed dead; only its next incarnation can take a VM";
    }

    private static @Nullable HostIdentity taker(LedgerCommand command) {
        if (command instanceof LedgerCommand.Create create) {
            return create.owner();
        } else if (command instanceof LedgerCommand.Define define) {
            return define.owner();
        } else if (command instanceof LedgerCommand.Reclaim reclaim) {
            return reclaim.owner();
        } else if (command instanceof LedgerCommand.Claim claim) {
            return claim.owner();
        } else if (command instanceof LedgerCommand.Prepare prepare) {
            return prepare.target();
        }
        return null;
    }

    /** What stands against a claim, as far as the log knows; null if nothing does. */
    @Nullable
    String objection(LedgerCommand.Claim claim, VmRecord vm) {
        String prepared = vm.prepared() == null ? null : vm.prepared().migrationId();
        if (!vm.owner().equals(claim.previous()) || vm.epoch() != claim.epoch()) {
            return "expected owner " + describe(claim.previous()) + " at epoch " + claim.epoch() + ", but it is "
                    + describe(vm.owner()) + " at epoch " + vm.epoch();
        } else if (!Objects.equals(prepared, claim.migrationId())) {
            return "expected " + migration(claim.migrationId()) + ", but the VM belongs to " + migration(prepared);
        } else if (claim.owner().hostId().equals(vm.owner().hostId())) {
            return "host \"" + vm.owner().hostId() + "\" owns the VM; its next incarnation reclaims it";
        } else if (isGuarded(vm.id())) {
            return null;
        }
        return holders(vm)
                .filter(holder -> !isConfirmedDead(holder))
                .findFirst()
                .map(holder -> "the VM stays with host " + describe(holder) + " until that is confirmed dead")
                .orElse(null);
    }

    private static String migration(@Nullable String id) {
        return id == null ? "no migration" : "migration \"" + id + "\"";
    }

    private static Stream<HostIdentity> holders(VmRecord vm) {
        PreparedMigration prepared = vm.prepared();
        return prepared == null ? Stream.of(vm.owner()) : Stream.of(prepared.source(), prepared.target());
    }
}
