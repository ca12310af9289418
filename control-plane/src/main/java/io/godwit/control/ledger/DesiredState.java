package io.godwit.control.ledger;

/** What the operator last asked of a VM. */
public enum DesiredState {
    STOPPED,
    RUNNING,
    PAUSED
}
