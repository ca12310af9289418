package io.godwit.actors.storage;

import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.device.VolumeRef;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The storage of the whole cluster. No call blocks; stages fail with {@link io.godwit.actors.vm.ProblemException}. Where
 * no host is named, it is the one that can be meant: any with a shared pool, the only one with a local pool.
 */
public interface Storage {
    /**
     * A pool on one host.
     *
     * @param fencing what it wants before a VM that writes it is started on another host
     * @param problem why it cannot be used; empty when it can
     */
    record HostPool(
            String host,
            String name,
            PoolKind kind,
            PoolFencing fencing,
            String path,
            long totalBytes,
            long freeBytes,
            String problem) {}

    /**
     * A volume.
     *
     * @param hosts where it is: several for one in a shared pool
     */
    record VolumeView(VolumeRef ref, PoolKind kind, long sizeBytes, List<String> hosts) {}

    /** By host, then as the host's configuration has them. */
    CompletionStage<List<HostPool>> pools();

    /** By pool, name and host. */
    CompletionStage<List<VolumeView>> volumes();

    CompletionStage<VolumeView> volume(VolumeRef ref, Optional<String> host);

    CompletionStage<VolumeView> make(VolumeRequest request);

    CompletionStage<VolumeView> resize(VolumeRef ref, Optional<String> host, long sizeBytes, boolean shrink);

    /** Refused while a VM is defined with it, or a machine has it locked. */
    CompletionStage<Void> delete(VolumeRef ref, Optional<String> host);
}
