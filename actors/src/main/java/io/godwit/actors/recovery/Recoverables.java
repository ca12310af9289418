package io.godwit.actors.recovery;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.device.DiskSpec;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.Fencing;
import io.godwit.control.recovery.RecoverableVm;
import io.godwit.control.recovery.RecoverableVm.SharedPool;
import io.godwit.vmm.storage.Pool;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The ledger's VMs as recovery sees them, with what the hosts that answer say of their pools. */
final class Recoverables {
    /** What lets the fewest pass first. */
    static final Comparator<Fencing> STRICTEST_FIRST =
            Comparator.comparingInt(List.of(Fencing.NONE, Fencing.FENCED, Fencing.TRUST_PERMIT)::indexOf);

    private Recoverables() {}

    static List<RecoverableVm> of(Leading leading, Scene scene) {
        return leading.vms().stream()
                .map(vm -> new RecoverableVm(
                        vm,
                        leading.guarded().contains(vm.id()),
                        vm.spec().availability().priority(),
                        strictest(vm, scene)))
                .toList();
    }

    private static Optional<SharedPool> strictest(VmRecord vm, Scene scene) {
        return vm.spec().disks().stream()
                .filter(disk -> !disk.readOnly())
                .flatMap(disk -> pool(disk, scene).stream())
                .min(Comparator.comparing(SharedPool::fencing, STRICTEST_FIRST));
    }

    /** Where hosts differ about a pool the strictest counts; one that no host names is trusted by none. */
    private static Optional<SharedPool> pool(DiskSpec disk, Scene scene) {
        String name = disk.volume().pool();
        List<Pool> known = scene.hosts().values().stream()
                .flatMap(host -> host.pools().stream())
                .filter(pool -> pool.name().equals(name))
                .toList();
        if (known.isEmpty()) {
            return Optional.of(new SharedPool(name, Fencing.NONE));
        }
        return known.stream()
                .filter(pool -> pool.kind() == PoolKind.SHARED)
                .map(pool -> new SharedPool(name, fencing(pool.fencing())))
                .min(Comparator.comparing(SharedPool::fencing, STRICTEST_FIRST));
    }

    static Fencing fencing(PoolFencing configured) {
        return switch (configured) {
            case COMMAND -> Fencing.FENCED;
            case TRUST_PERMIT -> Fencing.TRUST_PERMIT;
            case NONE -> Fencing.NONE;
        };
    }
}
