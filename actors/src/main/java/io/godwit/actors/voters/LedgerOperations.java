package io.godwit.actors.voters;

import io.godwit.actors.ledger.LedgerBackup;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.config.HostPort;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What operators see of the ledger and may do about it, on any host. No call blocks; stages fail with
 * {@link io.godwit.actors.vm.ProblemException}.
 */
public interface LedgerOperations {
    /** With or without a leader, within 3 s; does not fail. */
    CompletionStage<LedgerStatus> status();

    /**
     * Puts one voter in the place of another, which may be gone. Ends with the ledger as it is then.
     *
     * @param out a voter
     * @param in a host of the cluster that is up and is none
     * @param address where it is to serve; empty for its cluster address and the old voter's port
     */
    CompletionStage<LedgerStatus> replace(String out, String in, Optional<HostPort> address);

    /** All of the ledger, as it is at one entry that is no earlier than this call. */
    CompletionStage<LedgerBackup> backup();
}
