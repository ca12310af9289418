package io.godwit.control.maintenance;

/**
 * How far a drain or restore is with one VM.
 *
 * @param host where it goes or went; empty while nobody knows
 * @param reason what it waits for, why its last move failed, or why it stays; else empty
 */
public record VmProgress(String vmId, String vmName, Phase phase, String host, String reason) {
    public enum Phase {
        /** It is to move, later. */
        WAITING,
        MOVING,
        MOVED,
        /** Its last move failed; there will be another. */
        FAILED,
        /** It is not moved. */
        STAYS
    }
}
