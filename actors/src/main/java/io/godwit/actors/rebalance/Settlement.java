package io.godwit.actors.rebalance;

import io.godwit.actors.directory.Ownership;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.actors.migration.MigrationView;
import io.godwit.control.balance.MeasuredGain;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.LedgerCommand.EndBalanceMove;
import io.godwit.control.ledger.VmRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What became of moves that are under way, whichever leader began them: the account of their migrations says it, and where
 * no host has that any more, the ledger does.
 */
final class Settlement {
    /** Longer than a migration is asked for: one that no host knows for so long never began, or its hosts are gone. */
    static final long LOST_MS = 90_000;

    private final Map<String, Long> missingSinceMs = new HashMap<>();
    private final Set<String> told = new HashSet<>();

    /** Moves that are over, each of them once until {@link #answered}. */
    List<EndBalanceMove> ended(Leading leading, List<MigrationView> migrations, Inventory inventory, long nowMs) {
        Map<String, MigrationView> byId =
                migrations.stream().collect(Collectors.toMap(MigrationView::id, Function.identity()));
        Map<String, VmRecord> vms = leading.vms().stream().collect(Collectors.toMap(VmRecord::id, Function.identity()));
        List<EndBalanceMove> ends = new ArrayList<>();
        for (BalanceMove move : leading.rebalancer().moves()) {
            if (!move.isOver()) {
                Optional.ofNullable(byId.get(move.migrationId()))
                        .map(view -> bySource(move, view, inventory))
                        .orElseGet(() -> byLedger(move, Optional.ofNullable(vms.get(move.vmId())), inventory, nowMs))
                        .filter(end -> told.add(end.migrationId()))
                        .ifPresent(ends::add);
            }
        }
        return ends;
    }

    private Optional<EndBalanceMove> bySource(BalanceMove move, MigrationView view, Inventory inventory) {
        missingSinceMs.remove(move.migrationId());
        if (!view.ended()) {
            return Optional.empty();
        }
        return Optional.of(
                switch (view.status()) {
                    case "completed" -> completed(move, inventory, Math.max(0, view.totalMs()));
                    case "cancelled" -> failed(move, BalanceMove.State.CANCELLED, view.reason());
                    default -> failed(move, BalanceMove.State.FAILED, view.reason());
                });
    }

    private Optional<EndBalanceMove> byLedger(
            BalanceMove move, Optional<VmRecord> vm, Inventory inventory, long nowMs) {
        if (vm.isEmpty()) {
            return Optional.of(failed(move, BalanceMove.State.FAILED, "the VM was deleted"));
        }
        boolean moved = vm.get().owner().hostId().equals(move.to()) && vm.get().epoch() > move.epoch();
        long since = missingSinceMs.computeIfAbsent(move.migrationId(), id -> nowMs);
        if (nowMs - since < LOST_MS) {
            return Optional.empty();
        }
        missingSinceMs.remove(move.migrationId());
        return Optional.of(
                moved
                        ? completed(move, inventory, 0)
                        : failed(move, BalanceMove.State.FAILED, "no host knows its migration"));
    }

    private static EndBalanceMove completed(BalanceMove move, Inventory inventory, long tookMs) {
        return new EndBalanceMove(
                Ownership.requestId(),
                move.vmId(),
                move.migrationId(),
                BalanceMove.State.COMPLETED,
                "",
                MeasuredGain.of(move.vm(), move.from(), move.to(), inventory),
                tookMs);
    }

    /** @param why is cut where the ledger would not take it */
    static EndBalanceMove failed(BalanceMove move, BalanceMove.State state, String why) {
        return new EndBalanceMove(
                Ownership.requestId(),
                move.vmId(),
                move.migrationId(),
                state,
                why.isBlank() ? "" : BalanceMove.shortened(why),
                0,
                0);
    }

    /** The ledger has answered to the end of a move, or was not reached. */
    void answered(String migrationId) {
        told.remove(migrationId);
    }
}
