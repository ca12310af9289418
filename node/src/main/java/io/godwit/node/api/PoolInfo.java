package io.godwit.node.api;

import org.jspecify.annotations.Nullable;

/**
 * A storage pool on one host.
 *
 * @param kind {@code local} or {@code shared}
 * @param fencing {@code command}, {@code trust-permit} or {@code none}: what it wants before a VM that writes it is started on
 *     another host; null for a local pool
 * @param path of its directory there
 * @param totalBytes of its file system, of which {@code freeBytes} are left; 0 where that cannot be read
 * @param problem why it cannot be used; empty when it can
 */
public record PoolInfo(
        String host,
        String name,
        String kind,
        @Nullable String fencing,
        String path,
        long totalBytes,
        long freeBytes,
        String problem) {}
