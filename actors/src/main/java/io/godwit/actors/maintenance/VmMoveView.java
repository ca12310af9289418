package io.godwit.actors.maintenance;

import io.godwit.actors.serialization.Wire;

/**
 * How far a drain or restore is with one VM.
 *
 * @param state {@code waiting}, {@code moving}, {@code moved}, {@code failed} until it is tried again, or {@code stays}
 * @param host where it goes or is; empty while nobody knows
 * @param migrationId of the migration under way; else empty
 * @param reason what it waits for, why it failed, or why it stays; else empty
 */
public record VmMoveView(String vmId, String vmName, String state, String host, String migrationId, String reason)
        implements Wire {}
