package io.godwit.actors.ledger;

import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The host's line to the ledger's leader for run permits. Apart from that for commands, so that it waits for none. */
public interface PermitLine {
    /**
     * Asks once; the holder's next renewal is the repetition. An answer that comes late does no harm: the holder counts from
     * when it sent the renewal that the grant names.
     *
     * @return empty if it was not granted; fails with {@link io.godwit.control.ledger.LedgerUnavailableException} where no
     *     leader answers in time
     */
    CompletionStage<Optional<Grant>> renew(Renewal renewal);
}
