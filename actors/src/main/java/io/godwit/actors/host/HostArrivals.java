package io.godwit.actors.host;

import io.godwit.actors.admission.Admission;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.vm.VmActor;
import io.godwit.vmm.MachineProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/** VMs that come to a host by migration, until they have an actor there. Part of the host's actor: used by its thread only. */
final class HostArrivals {
    /** A VM that comes back may overtake the end of its own departure, by much less than this. */
    private static final Duration DEPARTURE_GRACE = Duration.ofSeconds(5);

    /** @param machineReasons what the hypervisor has against the machine */
    record Arrival(HostActor.Admit request, List<String> machineReasons) {}

    private final NodeServices node;
    private final ActorContext<HostActor.Command> context;
    private final TimerScheduler<HostActor.Command> timers;
    private final Map<String, ActorRef<VmActor.Command>> vms;
    private final BiConsumer<String, Behavior<VmActor.Command>> spawn;
    /** By VM: arrivals that wait for the end of the actor which the VM had here before. */
    private final Map<String, Arrival> waiting = new HashMap<>();

    /**
     * @param vms the actors of the host's VMs, by id, as they are at any time
     * @param spawn makes one of them
     */
    HostArrivals(
            NodeServices node,
            ActorContext<HostActor.Command> context,
            TimerScheduler<HostActor.Command> timers,
            Map<String, ActorRef<VmActor.Command>> vms,
            BiConsumer<String, Behavior<VmActor.Command>> spawn) {
        this.node = node;
        this.context = context;
        this.timers = timers;
        this.vms = vms;
        this.spawn = spawn;
    }

    void check(HostActor.CheckAdmission request) {
        List<String> faults = Admission.faults(request.manifest());
        if (!faults.isEmpty()) {
            request.replyTo().tell(new HostActor.AdmissionChecked(faults));
            return;
        }
        context.pipeToSelf(
                node.vault().refusals(judged(request.manifest())),
                (reasons, failure) -> new HostActor.AdmissionLookedAt(request, orFailure(reasons, failure)));
    }

    /** The machine without what is not to be asked for. */
    private static MachineProfile judged(Manifest manifest) {
        return manifest.skipped().cpu() ? manifest.profile().ofAnyCpu() : manifest.profile();
    }

    void lookedAt(HostActor.AdmissionLookedAt seen) {
        seen.request()
                .replyTo()
                .tell(new HostActor.AdmissionChecked(refusals(seen.request().manifest(), seen.machineReasons())));
    }

    private static List<String> orFailure(List<String> reasons, @Nullable Throwable failure) {
        return failure == null
                ? reasons
                : List.of("it could not be found out whether the machine can be had here: " + failure.getMessage());
    }

    /** Nothing is derived from a manifest, the VM's actor's name included, before it was found to make sense. */
    void vet(HostActor.Admit request) {
        List<String> faults = Admission.faults(request.manifest());
        if (!faults.isEmpty()) {
            context.getLog().warn("refused a manifest from {}: {}", request.source(), faults);
            request.source().tell(new MigrationSource.NotAdmitted(faults));
            return;
        }
        CompletionStage<List<String>> strangers = node.migration()
                .security()
                .refusals(node.hostId(), request.manifest(), request.source())
                .exceptionally(failure -> List.of("the source could not be verified: " + failure.getMessage()));
        CompletionStage<List<String>> machine =
                node.vault().refusals(judged(request.manifest())).handle(HostArrivals::orFailure);
        context.pipeToSelf(
                strangers.thenCombine(
                        machine, (refusals, reasons) -> new HostActor.Vetted(new Arrival(request, reasons), refusals)),
                (vetted, never) -> vetted);
    }

    void vetted(HostActor.Vetted vetted) {
        Arrival arrival = vetted.arrival();
        HostActor.Admit request = arrival.request();
        String vmId = request.manifest().vm().id();
        if (!vetted.refusals().isEmpty()) {
            List<String> reasons = new ArrayList<>(vetted.refusals());
            reasons.addAll(refusals(request.manifest(), arrival.machineReasons()));
            request.source().tell(new MigrationSource.NotAdmitted(reasons));
            return;
        }
        if (!vms.containsKey(vmId)) {
            admit(arrival);
            return;
        }
        Arrival before = waiting.put(vmId, arrival);
        if (before != null) {
            refuse(before);
        }
        timers.startSingleTimer(request, new HostActor.ArrivalOverdue(arrival), DEPARTURE_GRACE);
    }

    void overdue(HostActor.ArrivalOverdue overdue) {
        Arrival arrival = overdue.arrival();
        if (waiting.remove(arrival.request().manifest().vm().id(), arrival)) {
            refuse(arrival);
        }
    }

    /** The actor that a VM had here has ended. */
    void left(String vmId) {
        Arrival next = waiting.remove(vmId);
        if (next != null) {
            admit(next);
        }
    }

    private void admit(Arrival arrival) {
        HostActor.Admit request = arrival.request();
        Manifest manifest = request.manifest();
        List<String> refusals = refusals(manifest, arrival.machineReasons());
        if (refusals.isEmpty()) {
            spawn.accept(manifest.vm().id(), VmActor.receive(node, manifest, request.source()));
        } else {
            request.source().tell(new MigrationSource.NotAdmitted(refusals));
        }
    }

    private void refuse(Arrival arrival) {
        HostActor.Admit request = arrival.request();
        request.source().tell(new MigrationSource.NotAdmitted(refusals(request.manifest(), arrival.machineReasons())));
    }

    private List<String> refusals(Manifest manifest, List<String> machineReasons) {
        return Admission.refusals(
                manifest, HostConditions.of(node, context.getSystem(), vms.keySet(), manifest, machineReasons));
    }
}
