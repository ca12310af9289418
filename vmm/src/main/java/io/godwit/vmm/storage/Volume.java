package io.godwit.vmm.storage;

import io.godwit.config.NodeConfig.PoolKind;

/**
 * A volume.
 *
 * @param kind of its pool
 * @param sizeBytes what a guest sees
 */
public record Volume(String pool, String name, PoolKind kind, long sizeBytes) {}
