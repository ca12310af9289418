package io.godwit.node.api;

import java.util.List;

/**
 * A drain of a host, or the restore behind it.
 *
 * @param kind {@code drain} or {@code restore}
 * @param state {@code active}, {@code cancelling}, {@code cancelled}, {@code completed}
 * @param concurrency most migrations at a time
 * @param started when it began, or was taken up again by a node that started (RFC 3339)
 */
public record DrainInfo(
        String id, String host, String kind, String state, int concurrency, String started, List<MoveInfo> vms) {
    /**
     * One VM of it.
     *
     * @param state {@code waiting}, {@code moving}, {@code moved}, {@code failed} until it is tried again, {@code stays}
     * @param host where it goes or is; empty while nobody knows
     * @param migration under way; else empty
     * @param reason what it waits for, why it failed, or why it stays
     */
    public record MoveInfo(String id, String name, String state, String host, String migration, String reason) {}
}
