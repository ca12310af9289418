package io.godwit.control.placement;

import io.godwit.config.Units;
import io.godwit.config.device.DiskSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Of the hosts that can take a VM, the one with the most memory left. What is on its way counts as taken. */
public final class RoomiestHost implements HostChooser {
    /**
     * A host of the cluster.
     *
     * @param objection why it takes no VM at all; empty if it takes some
     * @param freeMemoryBytes left for guests
     * @param pools by name, why a VM from elsewhere cannot have its volumes there; empty for a pool where it can
     */
    public record Candidate(HostIdentity identity, String objection, long freeMemoryBytes, Map<String, String> pools) {
        public Candidate {
            pools = Map.copyOf(pools);
        }
    }

    private final List<Candidate> candidates;
    private final Map<String, Long> memoryBytesByVm;

    /** @param vms among them all that may be on their way */
    public RoomiestHost(List<Candidate> candidates, List<VmRecord> vms) {
        this.candidates = List.copyOf(candidates);
        this.memoryBytesByVm = vms.stream()
                .collect(Collectors.toMap(VmRecord::id, vm -> vm.spec().memoryBytes()));
    }

    /** Never the host that owns the VM. */
    @Override
    public Choice choose(VmRecord vm, Map<String, HostIdentity> placed) {
        List<HostCapacity> open = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Candidate host : candidates) {
            String hostId = host.identity().hostId();
            if (!hostId.equals(vm.owner().hostId())) {
                long leftBytes = host.freeMemoryBytes() - takenBytes(host.identity(), placed);
                objection(vm, host, leftBytes)
                        .ifPresentOrElse(
                                why -> reasons.add(hostId + ": " + why),
                                () -> open.add(new HostCapacity(hostId, leftBytes)));
            }
        }
        return Placement.mostFreeMemory(vm.spec(), open)
                .<Choice>map(hostId -> new Choice.On(identity(hostId)))
                .orElseGet(() -> new Choice.Nowhere(reasons.isEmpty() ? List.of("there is no other host") : reasons));
    }

    private HostIdentity identity(String hostId) {
        return candidates.stream()
                .map(Candidate::identity)
                .filter(identity -> identity.hostId().equals(hostId))
                .findFirst()
                .orElseThrow();
    }

    /** Why the VM cannot go to that host; empty if it can, as far as is known here. */
    private static Optional<String> objection(VmRecord vm, Candidate host, long leftBytes) {
        if (!host.objection().isEmpty()) {
            return Optional.of(host.objection());
        } else if (leftBytes < vm.spec().memoryBytes()) {
            return Optional.of(
                    "it has " + Units.formatApproximateSize(Math.max(0, leftBytes)) + " of memory left, the VM has "
                            + Units.formatApproximateSize(vm.spec().memoryBytes()));
        }
        return vm.spec().disks().stream()
                .map(disk -> missing(disk, host))
                .filter(Objects::nonNull)
                .findFirst();
    }

    private static @Nullable String missing(DiskSpec disk, Candidate host) {
        String pool = disk.volume().pool();
        String problem = host.pools().get(pool);
        if (problem == null) {
            return "it has no pool " + pool;
        }
        return problem.isEmpty() ? null : "its pool " + pool + ": " + problem;
    }

    /** More than it has to be where the host has reserved the memory already: then the next look finds room. */
    private long takenBytes(HostIdentity host, Map<String, HostIdentity> placed) {
        return placed.entrySet().stream()
                .filter(entry -> entry.getValue().equals(host))
                .mapToLong(entry -> memoryBytesByVm.getOrDefault(entry.getKey(), 0L))
                .sum();
    }
}
