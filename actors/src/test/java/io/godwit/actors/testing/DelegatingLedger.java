package io.godwit.actors.testing;

import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Another ledger, of which a test changes something. */
public class DelegatingLedger implements Ledger {
    private final Ledger other;

    public DelegatingLedger(Ledger other) {
        this.other = other;
    }

    @Override
    public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
        return other.submit(command);
    }

    @Override
    public CompletionStage<Optional<VmRecord>> find(String vmId) {
        return other.find(vmId);
    }

    @Override
    public CompletionStage<List<VmRecord>> list() {
        return other.list();
    }

    @Override
    public CompletionStage<MigrationParameters> clusterParameters() {
        return other.clusterParameters();
    }

    @Override
    public CompletionStage<List<HostMaintenance>> maintenance() {
        return other.maintenance();
    }
}
