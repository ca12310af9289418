package io.godwit.actors.testing;

import io.godwit.actors.ledger.PermitLine;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A leader that grants every renewal at once; can be put out of reach. */
public final class TestLine implements PermitLine {
    private volatile boolean reachable = true;

    public void reachable(boolean now) {
        reachable = now;
    }

    @Override
    public CompletionStage<Optional<Grant>> renew(Renewal renewal) {
        return reachable
                ? CompletableFuture.completedStage(Optional.of(new Grant(renewal.host(), renewal.nonce())))
                : CompletableFuture.failedStage(new LedgerUnavailableException("no leader answers", null));
    }
}
