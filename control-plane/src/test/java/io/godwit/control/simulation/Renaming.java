package io.godwit.control.simulation;

import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;

/** What mutants make of commands and records. */
final class Renaming {
    private Renaming() {}

    /** The same command under another request id. */
    static LedgerCommand renamed(LedgerCommand command, String id) {
        if (command instanceof LedgerCommand.Prepare p) {
            return new LedgerCommand.Prepare(id, p.vmId(), p.migrationId(), p.epoch(), p.source(), p.target());
        } else if (command instanceof LedgerCommand.Abort a) {
            return new LedgerCommand.Abort(id, a.vmId(), a.migrationId());
        } else if (command instanceof LedgerCommand.Commit c) {
            return new LedgerCommand.Commit(id, c.vmId(), c.migrationId());
        } else if (command instanceof LedgerCommand.SetDesired d) {
            return new LedgerCommand.SetDesired(id, d.vmId(), d.owner(), d.epoch(), d.desired());
        } else if (command instanceof LedgerCommand.Reclaim r) {
            return new LedgerCommand.Reclaim(id, r.vmId(), r.previous(), r.epoch(), r.owner());
        } else if (command instanceof LedgerCommand.Claim c) {
            return new LedgerCommand.Claim(id, c.vmId(), c.previous(), c.epoch(), c.migrationId(), c.owner());
        }
        return command;
    }

    static VmRecord targetForgotten(VmRecord vm) {
        PreparedMigration p = vm.prepared();
        if (p == null) {
            return vm;
        }
        PreparedMigration without = new PreparedMigration(p.migrationId(), p.epoch(), p.source(), p.source());
        return new VmRecord(vm.id(), vm.spec(), vm.owner(), vm.epoch(), vm.desired(), without, vm.lastDecision());
    }
}
