package io.godwit.actors.vm;

import io.godwit.actors.vault.RunGate;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * The actors of one machine's vCPUs and devices, spoken to as one. Usable from any thread: the migration engine pauses
 * through it.
 */
public final class MachineParts {
    /** A vCPU leaves the guest within microseconds; one that has not after this long is stuck in the kernel. */
    static final Duration PART_TIMEOUT = Duration.ofSeconds(10);

    private final List<ActorRef<VcpuActor.Command>> vcpus = new ArrayList<>();
    private final Map<String, ActorRef<DeviceActor.Command>> devices = new ConcurrentHashMap<>();
    private int devicesSoFar;
    private CompletionStage<?> last = CompletableFuture.completedStage(null);
    /** Written and read in turn. */
    private volatile boolean held;
    /** Whether it is to run as far as its VM's owner and a migration are concerned. Written in turn, as what follows. */
    private volatile boolean wanted;
    /** Whether it was let run, and was not stopped since. */
    private volatile boolean lively;

    private final VaultedMachine vaulted;
    private final Runnable onPermit;

    /**
     * Spawns the parts as children of the VM's actor.
     *
     * @param onPermit called by whichever thread when the host's permit has stopped the machine or let it run again
     */
    MachineParts(ActorContext<?> parent, VaultedMachine vaulted, Runnable onPermit) {
        Machine machine = vaulted.machine();
        this.vaulted = vaulted;
        this.onPermit = onPermit;
        lively = VmRules.seen(machine) == VmStatus.RUNNING;
        wanted = lively;
        for (Vcpu vcpu : machine.vcpus()) {
            vcpus.add(parent.spawn(VcpuActor.create(vcpu), "vcpu" + vcpu.index()));
        }
        follow(parent, machine);
        vaulted.gate().onChange(this::permitChanged);
        permitChanged();
    }

    /** Spawns actors of devices that came and stops those of devices that left; on the parent's thread. */
    void follow(ActorContext<?> parent, Machine machine) {
        Map<String, Device> there = new LinkedHashMap<>();
        machine.devices().forEach(device -> there.put(device.id(), device));
        devices.forEach((id, actor) -> {
            if (!there.containsKey(id)) {
                parent.stop(actor);
                devices.remove(id);
            }
        });
        // One that came back has another name than the one before it, which may not have ended yet.
        there.forEach((id, device) -> devices.computeIfAbsent(
                id,
                absent -> parent.spawn(
                        DeviceActor.create(device), "device-" + devicesSoFar++ + "-" + id.replace('/', '-'))));
    }

    /** Stops guest code, then I/O. */
    public CompletionStage<Void> pause() {
        return inTurn(() -> {
            wanted = false;
            return quiet();
        });
    }

    private CompletionStage<Void> quiet() {
        lively = false;
        return all(vcpus, VcpuActor.Pause::new).thenCompose(paused -> all(devices.values(), DeviceActor.Quiesce::new));
    }

    /**
     * Lets I/O go on, then guest code, where the host's permit allows it; else when that does. Completes in either case.
     */
    public CompletionStage<Void> resume() {
        return inTurn(() -> {
            held = false;
            wanted = true;
            return goOn();
        });
    }

    private CompletionStage<Void> goOn() {
        if (!vaulted.gate().open().isOpen()) {
            lively = false;
            return CompletableFuture.completedStage(null);
        }
        lively = true;
        return all(devices.values(), DeviceActor.Resume::new)
                .thenCompose(resumed -> all(vcpus, VcpuActor.Resume::new))
                .handle((done, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.<Void>completedStage(null);
                    }
                    // The permit may have run out on the way: whoever renews it tells of that.
                    boolean ranOut = !vaulted.gate().open().isOpen();
                    return ranOut ? quiet() : CompletableFuture.<Void>failedStage(failure);
                })
                .thenCompose(Function.identity());
    }

    /** Whether it is to run and only the host's permit keeps it from that. */
    boolean isSuspended() {
        return wanted && !lively && !held;
    }

    /** Whether guest code runs, as far as its actors know. */
    public boolean isLively() {
        return lively;
    }

    /** A guest that acted waits for its VM's actor, which pauses it or boots it anew. */
    private void permitChanged() {
        CompletionStage<Void> unused = inTurn(() -> {
            RunGate.State gate = vaulted.gate().open();
            boolean before = lively;
            CompletionStage<Void> done = CompletableFuture.completedStage(null);
            if (!gate.isOpen() && lively) {
                done = quiet();
            } else if (gate.isOpen() && wanted && !held && (!lively || gate.ranOut()) && vaulted.guestEvent() == null) {
                done = goOn();
            }
            if (before != lively) {
                onPermit.run();
            }
            return done;
        });
    }

    /**
     * Stops everything for a migration's switchover and hands over what the target will take: from here on {@link #reboot} does nothing until
     * {@link #resume()} or {@link #release()}. A reboot that has begun ends first, so its pages are harvested with the
     * last ones.
     */
    public CompletionStage<Void> hold() {
        return inTurn(() -> {
            held = true;
            wanted = false;
            lively = false;
            return all(vcpus, VcpuActor.Pause::new)
                    .thenCompose(paused -> all(devices.values(), DeviceActor.HandOver::new));
        });
    }

    /** The switchover will not be: everything still stands, and may be booted anew. */
    public CompletionStage<Void> release() {
        return inTurn(() -> {
            held = false;
            return CompletableFuture.completedStage(null);
        });
    }

    /**
     * Boots anew between a pause and a resume that nothing comes between, unless the machine is held.
     *
     * @param boot done while everything stands still, not on a dispatcher
     * @return whether it was done
     */
    CompletionStage<Boolean> reboot(Supplier<CompletionStage<Void>> boot) {
        return inTurn(() -> held
                ? CompletableFuture.completedStage(false)
                : quiet().thenCompose(paused -> boot.get())
                        .thenCompose(booted -> {
                            wanted = true;
                            return goOn();
                        })
                        .thenApply(resumed -> true));
    }

    /** Does something between a pause and a resume that nothing comes between; goes on even where it fails. */
    CompletionStage<Void> whileQuiet(Supplier<CompletionStage<Void>> step) {
        return inTurn(() -> quiet().thenCompose(paused -> step.get())
                .handle((done, failure) -> goOn().thenCompose(resumed -> failure == null
                        ? CompletableFuture.<Void>completedStage(null)
                        : CompletableFuture.<Void>failedStage(failure)))
                .thenCompose(Function.identity()));
    }

    /** One after the other: a pause and a resume whose steps interleave would leave devices quiesced under running vCPUs. */
    private synchronized <T> CompletionStage<T> inTurn(Supplier<CompletionStage<T>> step) {
        CompletionStage<T> done = last.handle((nothing, failure) -> step.get()).thenCompose(Function.identity());
        last = done;
        return done;
    }

    void stop(ActorContext<?> parent) {
        vaulted.gate().onChange(null);
        vcpus.forEach(parent::stop);
        devices.values().forEach(parent::stop);
    }

    /** Answers come straight from the threads that do what is asked: the guest may be waiting for the last of them. */
    private static <T> CompletionStage<Void> all(
            Collection<ActorRef<T>> actors, Function<CompletableFuture<Void>, ? extends T> message) {
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (ActorRef<T> actor : actors) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            actor.tell(message.apply(done));
            answers.add(done);
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .orTimeout(PART_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
