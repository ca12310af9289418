package io.godwit.node.api;

import org.jspecify.annotations.Nullable;

/**
 * What lets a host's guarded VMs run.
 *
 * @param quorum {@code ok}, or {@code lost} while the host has no permit: its guarded VMs stand still then
 * @param validUntil RFC 3339, UTC, by the clock of the host; null while it has none. Renewed each second
 */
public record PermitInfo(String quorum, @Nullable String validUntil) {}
