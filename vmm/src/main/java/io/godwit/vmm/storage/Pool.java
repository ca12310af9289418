package io.godwit.vmm.storage;

import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;

/**
 * A pool as its host sees it.
 *
 * @param totalBytes of its file system; 0 where that cannot be read
 * @param freeBytes of these, what is left
 * @param fencing what it wants before a VM that writes it is started on another host
 * @param problem why it cannot be used, such as that its directory is missing; empty when it can
 */
public record Pool(
        String name,
        PoolKind kind,
        PoolFencing fencing,
        String path,
        long totalBytes,
        long freeBytes,
        String problem) {}
