package io.godwit.control.simulation;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;

/** A linearizable ledger: the real state machine, one command at a time; its mutants break it on purpose. */
final class SimulatedLedger {
    private final LedgerState state = new LedgerState();
    private final Mutant mutant;
    private final String vmId;
    private long applied;

    SimulatedLedger(Mutant mutant, LedgerCommand.Create create) {
        this.mutant = mutant;
        this.vmId = create.vmId();
        state.apply(create);
    }

    LedgerAnswer apply(LedgerCommand command) {
        applied++;
        return switch (mutant) {
            case REQUEST_ID_IGNORED -> state.apply(Renaming.renamed(command, "request-" + applied));
            case LAST_DECISION_WINS -> lastWins(command, state.apply(command));
            case ABORT_LEAVES_NO_TRACE -> tracelessAbort(command);
            default -> state.apply(command);
        };
    }

    VmRecord vm() {
        return state.find(vmId).orElseThrow();
    }

    private LedgerAnswer lastWins(LedgerCommand command, LedgerAnswer answer) {
        boolean decides = command instanceof LedgerCommand.Commit || command instanceof LedgerCommand.Abort;
        return decides && answer instanceof LedgerAnswer.AlreadyDecided ? new LedgerAnswer.Applied(vm()) : answer;
    }

    private LedgerAnswer tracelessAbort(LedgerCommand command) {
        VmRecord vm = vm();
        Decision last = vm.lastDecision();
        boolean unknown = command instanceof LedgerCommand.Abort abort
                && (vm.prepared() == null || !vm.prepared().migrationId().equals(abort.migrationId()))
                && (last == null || !last.migrationId().equals(abort.migrationId()));
        return unknown ? new LedgerAnswer.Refused("not prepared", vm) : state.apply(command);
    }
}
