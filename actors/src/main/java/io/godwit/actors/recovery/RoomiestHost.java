package io.godwit.actors.recovery;

import io.godwit.actors.host.HostView;
import io.godwit.actors.ledger.LeaderView;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.Units;
import io.godwit.config.device.DiskSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser;
import io.godwit.vmm.storage.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Of the hosts with a permit that can take the VM, the one with the most memory left. */
final class RoomiestHost implements HostChooser {
    private final LeaderView.Leading leading;
    private final Scene scene;

    RoomiestHost(LeaderView.Leading leading, Scene scene) {
        this.leading = leading;
        this.scene = scene;
    }

    @Override
    public Choice choose(VmRecord vm, Map<String, HostIdentity> placed) {
        List<String> reasons = new ArrayList<>();
        @Nullable HostIdentity best = null;
        long mostLeft = -1;
        for (HostIdentity life : leading.lives()) {
            if (!life.hostId().equals(vm.owner().hostId())) {
                Optional<String> objection = objection(vm, life, placed);
                objection.ifPresent(why -> reasons.add(life.hostId() + ": " + why));
                long left = objection.isPresent() ? -1 : leftBytes(life, placed);
                if (left > mostLeft) {
                    best = life;
                    mostLeft = left;
                }
            }
        }
        if (reasons.isEmpty() && best == null) {
            reasons.add("no other host asks for a permit");
        }
        return best == null ? new Choice.Nowhere(reasons) : new Choice.On(best);
    }

    /** Why the VM cannot go to that host; empty if it can, as far as is known here. */
    private Optional<String> objection(VmRecord vm, HostIdentity life, Map<String, HostIdentity> placed) {
        if (leading.hosts().get(life) != LeaderView.Contact.HEARD) {
            return Optional.of("it has no permit now");
        }
        Optional<Scene.Host> host = scene.host(life.hostId());
        if (host.isEmpty()) {
            return Optional.of("it does not answer");
        }
        HostView view = host.get().view();
        if (!view.incarnation().equals(life.incarnation())) {
            return Optional.of("it has just begun anew");
        } else if (!view.state().equals("up")) {
            return Optional.of("it is " + view.state());
        }
        long left = leftBytes(life, placed);
        if (left < vm.spec().memoryBytes()) {
            return Optional.of(
                    "it has " + Units.formatApproximateSize(Math.max(0, left)) + " of memory left, the VM has "
                            + Units.formatApproximateSize(vm.spec().memoryBytes()));
        }
        return vm.spec().disks().stream()
                .map(disk -> missing(disk, host.get().pools()))
                .filter(Objects::nonNull)
                .findFirst();
    }

    private static @Nullable String missing(DiskSpec disk, List<Pool> pools) {
        String name = disk.volume().pool();
        Optional<Pool> pool =
                pools.stream().filter(one -> one.name().equals(name)).findFirst();
        if (pool.isEmpty()) {
            return "it has no pool " + name;
        } else if (pool.get().kind() == PoolKind.LOCAL) {
            return "pool " + name + " is each host's own";
        }
        return pool.get().problem().isEmpty()
                ? null
                : "its pool " + name + ": " + pool.get().problem();
    }

    private long leftBytes(HostIdentity life, Map<String, HostIdentity> placed) {
        long taken = leading.vms().stream()
                .filter(vm -> life.equals(placed.get(vm.id())))
                .mapToLong(vm -> vm.spec().memoryBytes())
                .sum();
        return scene.host(life.hostId())
                .map(host -> host.view().guestMemoryBytes() - host.view().usedMemoryBytes() - taken)
                .orElse(0L);
    }
}
