package io.godwit.actors.recovery;

import io.godwit.control.ledger.HostIdentity;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes sure that a host writes no disk any more. */
public interface Fencer {
    /** Where nothing is configured: a pool that wants a fence waits for an operator. */
    Fencer NONE = host -> CompletableFuture.completedStage(
            Optional.of("no fencing.command is configured on the host whose voter leads the ledger"));

    /** Empty once the host is fenced, else why it is not. Does not fail; may be asked again. */
    CompletionStage<Optional<String>> fence(HostIdentity host);
}
