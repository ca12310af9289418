package io.godwit.control.ledger;

import static io.godwit.control.ledger.LedgerState.first;
import static io.godwit.control.ledger.LedgerState.lengthProblem;
import static io.godwit.control.ledger.LedgerState.vmIdProblem;

import org.jspecify.annotations.Nullable;

/** What commands about moves for balance have to be before anything is made of them. */
final class BalanceMoveCheck {
    private BalanceMoveCheck() {}

    /** Null where nothing is wrong. */
    static @Nullable String problem(LedgerCommand command) {
        if (command instanceof LedgerCommand.BeginBalanceMove begin) {
            BalanceMove move = begin.move();
            return move.isOver()
                    ? "state " + move.state() + " is not accepted; expected " + BalanceMove.State.BEGUN
                    : problem(move);
        } else if (command instanceof LedgerCommand.EndBalanceMove end) {
            return end.state() == BalanceMove.State.BEGUN
                    ? "state " + end.state() + " is not accepted; expected one that is an end"
                    : problem(end);
        }
        return null;
    }

    private static @Nullable String problem(BalanceMove move) {
        String names = first(
                first(vmIdProblem(move.vmId()), lengthProblem("vm", move.vm(), LedgerState.MAX_HOST_LENGTH)),
                first(
                        lengthProblem("from", move.from(), LedgerState.MAX_HOST_LENGTH),
                        lengthProblem("to", move.to(), LedgerState.MAX_HOST_LENGTH)));
        String numbers = first(
                first(finite("gain", move.gain()), atLeast("costMs", move.costMs(), BalanceMove.NEVER)),
                first(atLeast("costBytes", move.costBytes(), 0), atLeast("beganAtEpochMs", move.beganAtEpochMs(), 0)));
        String texts = first(
                lengthProblem("migrationId", move.migrationId(), LedgerState.MAX_ID_LENGTH),
                lengthProblem("reason", move.reason(), BalanceMove.MAX_TEXT));
        return first(names, first(texts, numbers));
    }

    private static @Nullable String problem(LedgerCommand.EndBalanceMove end) {
        String ids = first(
                vmIdProblem(end.vmId()), lengthProblem("migrationId", end.migrationId(), LedgerState.MAX_ID_LENGTH));
        String detail = end.detail().isEmpty() ? null : lengthProblem("detail", end.detail(), BalanceMove.MAX_TEXT);
        return first(
                first(ids, detail),
                first(finite("measuredGain", end.measuredGain()), atLeast("measuredMs", end.measuredMs(), 0)));
    }

    private static @Nullable String finite(String field, double value) {
        return Double.isFinite(value) ? null : field + " " + value + " is not accepted; expected a finite number";
    }

    private static @Nullable String atLeast(String field, long value, long least) {
        return value >= least ? null : field + " " + value + " is not accepted; expected " + least + " or more";
    }
}
