package io.godwit.control.switchover;

/** The source's timers. Arming one that is armed replaces it. */
public enum SourceTimer {
    SETUP,
    PREPARE,
    READY,
    GO_RESEND,
    ACKNOWLEDGE,
    LEDGER_RETRY
}
