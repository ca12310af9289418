package io.godwit.control.ledger;

import org.jspecify.annotations.Nullable;

/** The answer to a command: the recorded one, but for {@link NotYet}. */
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

    /**
     * A claim that the leader did not let into the log. Nothing was recorded: the same claim may pass later.
     *
     * @param waitMs after which it may pass, if nothing else happens; 0 where waiting does not help
     */
    record NotYet(String reason, long waitMs) implements LedgerAnswer {}
}
