package io.godwit.control.ledger;

/** How the ledger decided a migration: the first record wins and later requests are told it. */
public record Decision(String migrationId, Outcome outcome) {
    public enum Outcome {
        COMMITTED,
        ABORTED,
        /** Another host claimed the VM while neither side's permit guarded it: what they hold of it is worth nothing. */
        CLAIMED
    }
}
