package io.godwit.config;

/** When a migration compares the target's memory with what the source held at pause. */
public enum VerifyMode {
    /** Frames are checked, memory as a whole is not compared. */
    NONE,
    /** The source hashes its frozen memory after the target runs and compares: costs no downtime. */
    AFTER_RESUME,
    /** Both ends hash all memory inside the blackout and a difference aborts: for tests. */
    AT_PAUSE
}
