package io.godwit.control.maintenance;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.HostCapacity;
import io.godwit.control.placement.Placement;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The host with the most memory left, as new VMs are placed; what moves already counts as taken. */
public final class RoomiestHost implements HostChooser {
    /**
     * A host of the cluster.
     *
     * @param state {@code up} for one that takes VMs, else why it does not
     * @param freeMemoryBytes left for guests
     */
    public record Candidate(HostIdentity identity, String state, long freeMemoryBytes) {}

    private final List<Candidate> candidates;
    private final Map<String, Long> memoryBytesByVm;

    /** @param memoryBytesByVm of every VM that may be on its way */
    public RoomiestHost(String drainedHost, List<Candidate> candidates, Map<String, Long> memoryBytesByVm) {
        this.candidates = candidates.stream()
                .filter(host -> !host.identity().hostId().equals(drainedHost))
                .toList();
        this.memoryBytesByVm = Map.copyOf(memoryBytesByVm);
    }

    @Override
    public Choice choose(VmRecord vm, Map<String, HostIdentity> placed) {
        List<HostCapacity> open = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        long wantedBytes = vm.spec().memoryBytes();
        for (Candidate host : candidates) {
            String hostId = host.identity().hostId();
            long freeBytes = Math.max(0, host.freeMemoryBytes() - takenBytes(host.identity(), placed));
            if (!host.state().equals("up")) {
                reasons.add("host " + hostId + " is " + host.state());
            } else if (freeBytes < wantedBytes) {
                reasons.add(
                        "host " + hostId + " has " + freeBytes + " bytes left for guests, the VM needs " + wantedBytes);
            } else {
                open.add(new HostCapacity(hostId, freeBytes));
            }
        }
        return Placement.mostFreeMemory(vm.spec(), open)
                .flatMap(hostId -> candidates.stream()
                        .map(Candidate::identity)
                        .filter(identity -> identity.hostId().equals(hostId))
                        .findFirst())
                .<Choice>map(Choice.On::new)
                .orElseGet(() -> new Choice.Nowhere(
                        reasons.isEmpty() ? List.of("there is no other host") : List.copyOf(reasons)));
    }

    /** More than it has to be where the host has reserved the memory already: then the next look finds room. */
    private long takenBytes(HostIdentity host, Map<String, HostIdentity> placed) {
        return placed.entrySet().stream()
                .filter(entry -> entry.getValue().equals(host))
                .mapToLong(entry -> memoryBytesByVm.getOrDefault(entry.getKey(), 0L))
                .sum();
    }
}
