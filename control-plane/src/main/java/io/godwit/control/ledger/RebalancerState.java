package io.godwit.control.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the log knows of moves for balance. A VM has one at a time, and one is begun only of the VM as the rebalancer saw
 * it: of two leaders that both believe they lead, one moves it.
 */
final class RebalancerState {
    /** Of the moves that are over, so many are kept. */
    static final int KEPT = 100;

    /** More than any configuration lets be under way. */
    static final int MAX_UNDER_WAY = 1_000;

    private final Map<String, BalanceMove> underWay = new LinkedHashMap<>();
    private final Deque<BalanceMove> over = new ArrayDeque<>();
    private RebalancerMode mode = RebalancerMode.RECOMMEND_ONLY;

    static boolean concerns(LedgerCommand command) {
        return command instanceof LedgerCommand.SetRebalancer
                || command instanceof LedgerCommand.BeginBalanceMove
                || command instanceof LedgerCommand.EndBalanceMove;
    }

    /**
     * @param vm that the command names, as it stands
     * @return why it is not applied; null if it was
     */
    @Nullable
    String apply(LedgerCommand command, @Nullable VmRecord vm) {
        if (command instanceof LedgerCommand.SetRebalancer set) {
            mode = set.mode();
            return null;
        } else if (command instanceof LedgerCommand.BeginBalanceMove begin) {
            return begin(begin.move(), vm);
        }
        return end((LedgerCommand.EndBalanceMove) command);
    }

    private @Nullable String begin(BalanceMove move, @Nullable VmRecord vm) {
        String objection = objection(move, vm);
        if (objection == null) {
            underWay.put(move.vmId(), move);
        }
        return objection;
    }

    private @Nullable String objection(BalanceMove move, @Nullable VmRecord vm) {
        BalanceMove other = underWay.get(move.vmId());
        if (!move.asked() && mode != RebalancerMode.ARMED) {
            return "the rebalancer is " + mode + "; it moves VMs unasked only while it is " + RebalancerMode.ARMED;
        } else if (vm == null) {
            return "no VM has id \"" + move.vmId() + "\"";
        } else if (other != null) {
            return "VM \"" + vm.spec().name() + "\" is moved for balance already, by migration \"" + other.migrationId()
                    + "\"";
        } else if (!vm.owner().hostId().equals(move.from()) || vm.epoch() != move.epoch()) {
            return "expected VM \"" + vm.spec().name() + "\" on host \"" + move.from() + "\" at epoch " + move.epoch()
                    + ", but it is on host \"" + vm.owner().hostId() + "\" at epoch " + vm.epoch();
        } else if (vm.prepared() != null) {
            return "VM \"" + vm.spec().name() + "\" belongs to migration \""
                    + vm.prepared().migrationId() + "\" until that is decided";
        }
        return underWay.size() < MAX_UNDER_WAY
                ? null
                : MAX_UNDER_WAY + " moves for balance are under way; expected fewer";
    }

    private @Nullable String end(LedgerCommand.EndBalanceMove end) {
        BalanceMove move = underWay.get(end.vmId());
        if (move == null || !move.migrationId().equals(end.migrationId())) {
            return "no move for balance by migration \"" + end.migrationId() + "\" is under way";
        }
        underWay.remove(end.vmId());
        over.addFirst(move.ended(end));
        if (over.size() > KEPT) {
            over.removeLast();
        }
        return null;
    }

    LedgerSnapshot.Rebalancer snapshot() {
        List<BalanceMove> moves = new ArrayList<>(underWay.values());
        moves.addAll(over);
        return new LedgerSnapshot.Rebalancer(mode, moves);
    }

    void restore(LedgerSnapshot.Rebalancer snapshot) {
        mode = snapshot.mode();
        for (BalanceMove move : snapshot.moves()) {
            if (move.isOver()) {
                over.addLast(move);
            } else {
                underWay.put(move.vmId(), move);
            }
        }
    }
}
