package io.godwit.control.ledger;

import io.godwit.config.MigrationParameters;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The replicated log as its users see it. A stage that fails with {@link LedgerUnavailableException} says nothing about
 * whether the command was or will be applied: repeat it under the same request id.
 */
public interface Ledger {
    CompletionStage<LedgerAnswer> submit(LedgerCommand command);

    /** Linearizable. */
    CompletionStage<Optional<VmRecord>> find(String vmId);

    /** Linearizable. */
    CompletionStage<List<VmRecord>> list();

    /** What is set about the migrations of all VMs. Linearizable. */
    CompletionStage<MigrationParameters> clusterParameters();

    /** Hosts that are not merely active, and those that could be restored. Linearizable. */
    CompletionStage<List<HostMaintenance>> maintenance();
}
