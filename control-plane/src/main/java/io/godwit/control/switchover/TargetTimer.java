package io.godwit.control.switchover;

/** The target's timers. Arming one that is armed replaces it. */
public enum TargetTimer {
    STREAM,
    READY_RESEND,
    GO,
    LEDGER_RETRY
}
