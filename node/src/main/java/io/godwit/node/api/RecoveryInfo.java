package io.godwit.node.api;

/**
 * A VM on its way from a host that is down to another.
 *
 * @param from the host that is down, and {@code incarnation} its life
 * @param to the host that was chosen; empty while none is
 * @param state {@code waiting}, {@code fencing}, {@code offered}, {@code claiming}, {@code starting}, {@code completed} or
 *     {@code ended}
 * @param reason what it waits for, or why it ended; empty where that is plain
 */
public record RecoveryInfo(
        String id,
        String vm,
        String vmName,
        String from,
        String incarnation,
        String to,
        String state,
        String reason,
        String beganAt,
        String changedAt) {}
