package io.godwit.node.api;

import java.util.List;

/**
 * A volume.
 *
 * @param kind of its pool: {@code local} or {@code shared}
 * @param hosts where it is; of one in a shared pool, those that were asked and have it
 */
public record VolumeInfo(String pool, String name, String kind, long sizeBytes, List<String> hosts) {
    public VolumeInfo {
        hosts = List.copyOf(hosts);
    }
}
