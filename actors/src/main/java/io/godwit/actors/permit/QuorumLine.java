package io.godwit.actors.permit;

import io.godwit.actors.ledger.PermitLine;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A line for a cluster whose leader keeps no account of permits: a renewal is granted when a majority of the voters has
 * answered a read that was begun after it. That tells a host whether it is cut off, and no more: nobody may claim a VM
 * from a host that renews by it, since nobody knows how long its permit lasts.
 */
public final class QuorumLine implements PermitLine {
    private static final String NO_VM = "00000000000000000000000000";

    private final Ledger ledger;

    public QuorumLine(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public CompletionStage<Optional<Grant>> renew(Renewal renewal) {
        return ledger.find(NO_VM).thenApply(none -> Optional.of(new Grant(renewal.host(), renewal.nonce())));
    }

    /** The ledger is its owner's. */
    @Override
    public void close() {}
}
