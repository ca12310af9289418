package io.godwit.node.api;

/**
 * A storage pool on one host.
 *
 * @param kind {@code local} or {@code shared}
 * @param path of its directory there
 * @param totalBytes of its file system, of which {@code freeBytes} are left; 0 where that cannot be read
 * @param problem why it cannot be used; empty when it can
 */
public record PoolInfo(
        String host, String name, String kind, String path, long totalBytes, long freeBytes, String problem) {}
