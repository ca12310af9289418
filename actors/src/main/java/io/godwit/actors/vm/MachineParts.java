package io.godwit.actors.vm;

import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.pattern.StatusReply;

/**
 * The actors of one machine's vCPUs and devices, spoken to as one. Usable from any thread: the migration engine pauses
 * through it.
 */
public final class MachineParts {
    /** A vCPU leaves the guest within microseconds; one that has not after this long is stuck in the kernel. */
    static final Duration PART_TIMEOUT = Duration.ofSeconds(10);

    private final ActorSystem<?> system;
    private final List<ActorRef<VcpuActor.Command>> vcpus = new ArrayList<>();
    private final List<ActorRef<DeviceActor.Command>> devices = new ArrayList<>();
    private CompletionStage<Void> last = CompletableFuture.completedStage(null);

    /** Spawns the parts as children of the VM's actor. */
    MachineParts(ActorContext<?> parent, Machine machine) {
        this.system = parent.getSystem();
        for (Vcpu vcpu : machine.vcpus()) {
            vcpus.add(parent.spawn(VcpuActor.create(vcpu), "vcpu" + vcpu.index()));
        }
        for (Device device : machine.devices()) {
            devices.add(parent.spawn(
                    DeviceActor.create(device), "device-" + device.id().replace('/', '-')));
        }
    }

    /** Stops guest code, then I/O. */
    public CompletionStage<Void> pause() {
        return inTurn(
                () -> all(vcpus, VcpuActor.Pause::new).thenCompose(paused -> all(devices, DeviceActor.Quiesce::new)));
    }

    /** Lets I/O go on, then guest code. */
    public CompletionStage<Void> resume() {
        return inTurn(
                () -> all(devices, DeviceActor.Resume::new).thenCompose(resumed -> all(vcpus, VcpuActor.Resume::new)));
    }

    /** One after the other: a pause and a resume whose steps interleave would leave devices quiesced under running vCPUs. */
    private synchronized CompletionStage<Void> inTurn(Supplier<CompletionStage<Void>> step) {
        CompletionStage<Void> done =
                last.handle((nothing, failure) -> step.get()).thenCompose(Function.identity());
        last = done;
        return done;
    }

    void stop(ActorContext<?> parent) {
        vcpus.forEach(parent::stop);
        devices.forEach(parent::stop);
    }

    private <T> CompletionStage<Void> all(
            List<ActorRef<T>> actors, Function<ActorRef<StatusReply<Done>>, ? extends T> message) {
        CompletableFuture<?>[] answers = actors.stream()
                .map(actor -> AskPattern.<T, Done>askWithStatus(actor, message::apply, PART_TIMEOUT, system.scheduler())
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(answers);
    }
}
