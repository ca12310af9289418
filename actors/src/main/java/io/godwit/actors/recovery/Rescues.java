package io.godwit.actors.recovery;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.placement.ClusterPicture;
import io.godwit.actors.recovery.RecoveryActor.Rescue;
import io.godwit.actors.recovery.RecoveryActor.RescueAnswer;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.device.DiskSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser;
import io.godwit.control.recovery.Recovery;
import io.godwit.control.recovery.RescuePlanner.LocalDisk;
import io.godwit.vmm.storage.Pool;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * The rescues that the leader carries out, as migrations whose account its host keeps: their sources cannot. Part of its
 * actor: used by its thread only.
 */
final class Rescues {
    /** @param start whether the VM is to run at its new host */
    private record Underway(Rescue request, VmRecord vm, Claim claim, boolean start, long beganAtEpochMs) {}

    private final MigrationBook book;
    private final Map<String, Underway> underway = new HashMap<>();

    Rescues(MigrationBook book) {
        this.book = book;
    }

    void begin(Rescue request, VmRecord vm, Claim claim) {
        boolean start = request.autoStart() || vm.desired() == DesiredState.RUNNING;
        Underway one = new Underway(request, vm, claim, start, System.currentTimeMillis());
        underway.put(vm.id(), one);
        enter(one, "setup", "");
    }

    /** Whether the VM's new host is to be told to start it, whatever the ledger wants of it. */
    boolean isToStart(String vmId) {
        Underway one = underway.get(vmId);
        return one != null && one.start();
    }

    /** The chosen host has answered: so is who asked. */
    void claimed(String vmId, String refusal) {
        Underway one = underway.get(vmId);
        if (one == null) {
            return;
        }
        if (!refusal.isEmpty()) {
            end(one, "failed", refusal);
            one.request().replyTo().tell(new RescueAnswer(true, refusal, null));
            return;
        }
        MigrationView view = one.start() ? enter(one, "active", "") : end(one, "completed", "");
        one.request().replyTo().tell(new RescueAnswer(true, "", view));
    }

    void changed(Recovery recovery) {
        Underway one = underway.get(recovery.vmId());
        if (one == null || recovery.state() == Recovery.State.CLAIMING) {
            return;
        }
        switch (recovery.state()) {
            case STARTING -> enter(one, "active", recovery.reason());
            case COMPLETED -> end(one, "completed", "");
            case ENDED -> end(one, "failed", recovery.reason());
            default -> {}
        }
    }

    /** Another voter leads: what it finds out it finds out without this. */
    void forget() {
        List.copyOf(underway.values())
                .forEach(one -> end(
                        one, "failed", "another voter leads the ledger now, which says where the VM is; see the VM"));
    }

    private MigrationView end(Underway one, String status, String reason) {
        underway.remove(one.vm().id());
        return enter(one, status, reason);
    }

    private MigrationView enter(Underway one, String status, String reason) {
        MigrationView view = MigrationView.withoutMemory(
                one.request().migrationId(),
                one.vm(),
                one.claim().owner().hostId(),
                new TreeMap<>(Map.of("mode", "rescue", "auto-start", String.valueOf(one.start()))),
                "target",
                status,
                reason,
                one.beganAtEpochMs(),
                Math.max(0, System.currentTimeMillis() - one.beganAtEpochMs()),
                MigrationView.Copied.NOTHING);
        book.close(view);
        return view;
    }

    /**
     * Who may take the VM.
     *
     * @param objection what speaks against a host; empty if nothing does
     */
    static HostChooser chooser(
            Rescue request, Leading leading, Scene scene, BiFunction<Leading, HostIdentity, String> objection) {
        Set<String> asking = leading.lives().stream().map(HostIdentity::hostId).collect(Collectors.toSet());
        String target = request.target();
        List<VmRecord> vms = leading.vms().stream()
                .map(vm -> vm.id().equals(request.vmId()) ? running(vm) : vm)
                .toList();
        return ClusterPicture.of(asking, scene, vms)
                .chooser(host -> target == null || host.hostId().equals(target)
                        ? objection.apply(leading, host)
                        : "host " + target + " was asked for");
    }

    /** Room for one that is off is sought as if it ran: it may be started as soon as it is there. */
    private static VmRecord running(VmRecord vm) {
        return new VmRecord(
                vm.id(),
                vm.spec(),
                vm.owner(),
                vm.epoch(),
                DesiredState.RUNNING,
                vm.prepared(),
                vm.lastDecision(),
                vm.parameters());
    }

    /** The first disk that another host may not have, as the hosts that answer say of their pools. */
    static Optional<LocalDisk> localDisk(VmRecord vm, Scene scene) {
        return vm.spec().disks().stream()
                .flatMap(disk -> localDisk(disk, scene).stream())
                .findFirst();
    }

    private static Optional<LocalDisk> localDisk(DiskSpec disk, Scene scene) {
        String name = disk.volume().pool();
        List<String> local = scene.hosts().entrySet().stream()
                .filter(host -> host.getValue().pools().stream().anyMatch(pool -> isLocal(pool, name)))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        boolean known = scene.hosts().values().stream()
                .flatMap(host -> host.pools().stream())
                .anyMatch(pool -> pool.name().equals(name));
        if (known && local.isEmpty()) {
            return Optional.empty();
        }
        String where = known ? "is local on host " + String.join(", ", local) : "no host that answers has";
        return Optional.of(new LocalDisk(disk.volume().toString(), name, where));
    }

    private static boolean isLocal(Pool pool, String name) {
        return pool.name().equals(name) && pool.kind() == PoolKind.LOCAL;
    }
}
