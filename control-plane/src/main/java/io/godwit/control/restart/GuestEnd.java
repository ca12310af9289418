package io.godwit.control.restart;

/** How a guest ended by itself. */
public enum GuestEnd {
    /** It meant to: it powered off, or wrote to the debug-exit port. */
    OFF,
    /** It did not: a panic, a triple fault, or a failure of a vCPU or a device. */
    CRASH
}
