package io.godwit.actors.rebalance;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.vm.ForecastRequest;
import io.godwit.actors.vm.VmActor;
import io.godwit.control.inventory.Load;
import io.godwit.control.ledger.VmRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * What busy VMs write, measured now and then: watching memory costs the guest something, so each is watched for a second
 * in ten minutes, and an idle one never. What a measurement found is asked for in the round after it.
 */
final class DirtyRates {
    private static final long WATCH_MS = 1_000;
    private static final long EVERY_MS = 600_000;
    private static final double BUSY_CORES = 0.05;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ActorSystem<?> system;
    private final Map<String, Long> begunAtMs = new ConcurrentHashMap<>();
    private final Map<String, Long> bytesPerSecond = new ConcurrentHashMap<>();
    private final Set<String> awaited = ConcurrentHashMap.newKeySet();

    DirtyRates(ActorSystem<?> system) {
        this.system = system;
    }

    /** As last measured, by a VM's id; 0 where it never was. */
    long of(String vmId) {
        return bytesPerSecond.getOrDefault(vmId, 0L);
    }

    /**
     * Asks for what was found, and begins what is due. Returns at once.
     *
     * @param loads by name
     */
    void round(List<VmRecord> vms, Scene scene, Map<String, Load> loads, long nowMs) {
        for (VmRecord vm : vms) {
            scene.host(vm.owner().hostId()).ifPresent(host -> {
                Load load = loads.getOrDefault(vm.spec().name(), Load.NONE);
                boolean due = nowMs - begunAtMs.getOrDefault(vm.id(), nowMs - EVERY_MS) >= EVERY_MS;
                if (awaited.remove(vm.id())) {
                    ask(vm.id(), host.actor());
                } else if (due && load.current() && load.cpuCores() > BUSY_CORES) {
                    begunAtMs.put(vm.id(), nowMs);
                    measure(vm.id(), host.actor());
                }
            });
        }
    }

    private void measure(String vmId, ActorRef<HostActor.Command> host) {
        AskPattern.<HostActor.Command, VmActor.Answer>ask(
                        host,
                        replyTo -> new HostActor.ToVm(vmId, new ForecastRequest.MeasureDirtyRate(WATCH_MS, replyTo)),
                        PATIENCE,
                        system.scheduler())
                .thenAccept(answer -> {
                    if (answer instanceof VmActor.DirtyRateKnown) {
                        awaited.add(vmId);
                    }
                });
    }

    private void ask(String vmId, ActorRef<HostActor.Command> host) {
        AskPattern.<HostActor.Command, VmActor.Answer>ask(
                        host,
                        replyTo -> new HostActor.ToVm(vmId, new ForecastRequest.DescribeDirtyRate(replyTo)),
                        PATIENCE,
                        system.scheduler())
                .thenAccept(answer -> {
                    if (answer instanceof VmActor.DirtyRateKnown known
                            && known.rate().status().equals("measured")) {
                        bytesPerSecond.put(vmId, known.rate().bytesPerSecond());
                    }
                });
    }

    /** Forgets all but these VMs. */
    void retain(Set<String> vmIds) {
        begunAtMs.keySet().retainAll(vmIds);
        bytesPerSecond.keySet().retainAll(vmIds);
        awaited.retainAll(vmIds);
    }
}
