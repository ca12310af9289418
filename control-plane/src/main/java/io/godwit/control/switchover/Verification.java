package io.godwit.control.switchover;

/**
 * What the target found when it checked the restored machine against what the source sent: counts, checksums,
 * versions, and the whole memory's hash where that was asked for. The target compares, so that a {@code Ready} target
 * is right by its own knowledge and may take the VM when the source is lost.
 *
 * @param matches false ends the migration: the source goes on
 * @param detail what was compared, or what differed
 */
public record Verification(boolean matches, String detail) {}
