package io.godwit.control.ledger;

import io.godwit.config.ParametersChange;
import io.godwit.config.VmSpec;
import org.jspecify.annotations.Nullable;

/**
 * A proposed change. Each names the epoch and owner it expects, where they matter, and a request id under which a repetition gets the first
 * answer again.
 */
public sealed interface LedgerCommand {
    /** Unique per request, repeated only by retries of it; at most 64 characters. */
    String requestId();

    String vmId();

    /**
     * A new VM, stopped, at epoch 1. Refused where the name or a MAC address is taken, or a volume that it or another
     * VM writes.
     */
    record Create(String requestId, String vmId, VmSpec spec, HostIdentity owner) implements LedgerCommand {}

    /**
     * {@link Create}, and in the same entry what is desired of the VM and whether it is guarded, as by {@link SetDesired}
     * and {@link SetGuarded}. Until it is answered its owner holds nothing of the VM, so it need not guard it before.
     */
    record Define(String requestId, String vmId, VmSpec spec, HostIdentity owner, DesiredState desired, boolean guarded)
            implements LedgerCommand {}

    /** Removes a stopped VM. */
    record Delete(String requestId, String vmId, HostIdentity owner, long epoch) implements LedgerCommand {}

    record SetDesired(String requestId, String vmId, HostIdentity owner, long epoch, DesiredState desired)
            implements LedgerCommand {}

    /** The same host under a new incarnation takes its VM back: the old JVM is gone, its state directory relocked. */
    record Reclaim(String requestId, String vmId, HostIdentity previous, long epoch, HostIdentity owner)
            implements LedgerCommand {}

    /**
     * A VM's disks and network interfaces, and where they are, become others; nothing else of it may. Refused where the
     * ledger has another definition than {@code before}, or another VM has what the new one wants.
     */
    record ChangeDevices(String requestId, String vmId, HostIdentity owner, long epoch, VmSpec before, VmSpec after)
            implements LedgerCommand {}

    /**
     * Whether the VM is guarded: runs only under its host's permit, so that another host may claim it when that is
     * over. One that is not guarded stays with its owner. By the owner: it guards the VM before it asks for that, and
     * stops guarding only on the answer.
     */
    record SetGuarded(String requestId, String vmId, HostIdentity owner, long epoch, boolean guarded)
            implements LedgerCommand {}

    /**
     * Another host takes the VM, at the next epoch, to start it from its disks. That no permit guards it any longer is
     * checked by the leader before it appends this, see {@code PermitGrantor}; what is compared here is what the log
     * knows: owner, epoch, and the undecided migration, which is over with it. A VM that is not guarded is given away
     * only if every host that may run it was confirmed dead.
     *
     * @param previous the owner that is expected
     * @param migrationId the undecided migration that is expected, null for none
     * @param owner who takes it
     */
    record Claim(
            String requestId,
            String vmId,
            HostIdentity previous,
            long epoch,
            @Nullable String migrationId,
            HostIdentity owner)
            implements LedgerCommand {}

    /** An operator's word that this life of a host is over, and all its guests with it. It can take no VM any more. */
    record ConfirmDead(String requestId, HostIdentity host) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * Whether a host's VMs are started elsewhere when it is down without an operator's word for it. On where nothing was
     * said.
     */
    record SetAutoMigrate(String requestId, String hostId, boolean on) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * A host is drained from now on, or takes back what drains moved away. A host in maintenance, and one that was drained
     * and is active again, can be restored; only an active one is drained.
     *
     * @param operationId unique, at most 64 characters
     * @param restore whether it takes VMs back
     * @param concurrency migrations at a time, 1 to {@link HostMaintenance#MAX_CONCURRENCY}
     */
    record BeginMaintenance(String requestId, String host, String operationId, boolean restore, int concurrency)
            implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * A drain is about to move a VM to another host: so that it is known what to take back, whatever becomes of the drain.
     *
     * @param target that host's name
     */
    record NoteMove(String requestId, String host, String operationId, String movedVmId, String target)
            implements LedgerCommand {
        /** None: it changes the host, not the VM. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * A drain or restore is over. The end of a completed drain is refused while a VM runs on the host, or is on its way to
     * it. After any other end the host is active.
     */
    record EndMaintenance(String requestId, String host, String operationId, boolean completed)
            implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * A host's name is its state directory's from now on: refused while it is another's. Each life of a host asks for that
     * before it does anything else.
     *
     * @param stateId made with the state directory, never reused
     */
    record NameHost(String requestId, String hostId, String stateId) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * {@link NameHost} in a ledger of level 2 or higher, which takes it in that one's place: refused too where the host's
     * build is older than the ledger.
     *
     * @param speaks the highest level that the build speaks, see {@link LedgerLevel}
     */
    record AdmitHost(String requestId, String hostId, String stateId, int speaks) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * The ledger is of the next level from now on. A voter whose build does not speak that serves no more. By whoever has
     * asked every host; refused where it is not the next.
     *
     * @param level 2 or higher, see {@link LedgerLevel}
     */
    record RaiseLevel(String requestId, int level) implements LedgerCommand {
        public RaiseLevel {
            if (level <= LedgerLevel.FIRST || level > LedgerLevel.MAX) {
                throw new IllegalArgumentException(
                        "level " + level + " is not accepted; expected 2 to " + LedgerLevel.MAX);
            }
        }

        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /** A host's name is free: an operator said that the host is gone. */
    record ReleaseName(String requestId, String hostId) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /** What the rebalancer may do unasked. */
    record SetRebalancer(String requestId, RebalancerMode mode) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /**
     * A VM is moved for balance from now on; its migration is asked for on the answer. Refused while another such move of
     * it is under way, where the ledger has it elsewhere or at another epoch, and unasked while the rebalancer is not armed.
     */
    record BeginBalanceMove(String requestId, BalanceMove move) implements LedgerCommand {
        @Override
        public String vmId() {
            return move.vmId();
        }
    }

    /**
     * What became of a VM's move for balance.
     *
     * @param state all but {@link BalanceMove.State#BEGUN}
     */
    record EndBalanceMove(
            String requestId,
            String vmId,
            String migrationId,
            BalanceMove.State state,
            String detail,
            double measuredGain,
            long measuredMs)
            implements LedgerCommand {}

    /** The VM belongs to a migration from now on. */
    record Prepare(
            String requestId, String vmId, String migrationId, long epoch, HostIdentity source, HostIdentity target)
            implements LedgerCommand {}

    /**
     * Changes what is set about a VM's migrations, whoever owns it. The change is applied to what the ledger holds, not
     * to what the asker had seen, so it expects no owner and no epoch.
     */
    record ChangeVmParameters(String requestId, String vmId, ParametersChange change) implements LedgerCommand {}

    /** Changes what is set about the migrations of all VMs. */
    record ChangeClusterParameters(String requestId, ParametersChange change) implements LedgerCommand {
        /** None. */
        @Override
        public String vmId() {
            return "";
        }
    }

    /** The source keeps the VM. By the source before it sent Go, or by a target that will refuse Go. */
    record Abort(String requestId, String vmId, String migrationId) implements LedgerCommand {}

    /** The target has the VM: owner is the target, epoch one more. */
    record Commit(String requestId, String vmId, String migrationId) implements LedgerCommand {}
}
