package io.godwit.actors.host;

import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.serialization.Wire;
import java.util.OptionalLong;

/**
 * A host's run permit as operators see it.
 *
 * @param validUntilEpochMs by the host's wall clock; 0 while it has none
 */
public record PermitView(long validUntilEpochMs) implements Wire {
    /** Of a host that has none, or of which nothing is known. */
    public static final PermitView NONE = new PermitView(0);

    public static PermitView of(RunPermits permits) {
        OptionalLong endsMs = permits.permitEndsMs();
        return endsMs.isEmpty()
                ? NONE
                : new PermitView(System.currentTimeMillis() + endsMs.getAsLong() - permits.nowMs());
    }

    /** Whether the ledger's leader, and with it a majority of the voters, is in reach. */
    public boolean hasQuorum() {
        return validUntilEpochMs != 0;
    }
}
