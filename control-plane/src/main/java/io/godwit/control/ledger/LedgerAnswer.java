package io.godwit.control.ledger;

import org.jspecify.annotations.Nullable;

/** The recorded answer to a command. */
public sealed interface LedgerAnswer {
    /**
     * Applied now, or before under the same request id.
     *
     * @param vm the record after it; null once deleted
     */
    record Applied(@Nullable VmRecord vm) implements LedgerAnswer {}

    /** The migration was decided before, perhaps the other way. */
    record AlreadyDecided(Decision decision) implements LedgerAnswer {}

    /**
     * Not applied.
     *
     * @param vm the record as it stands, null when there is none
     */
    record Refused(String reason, @Nullable VmRecord vm) implements LedgerAnswer {}
}
