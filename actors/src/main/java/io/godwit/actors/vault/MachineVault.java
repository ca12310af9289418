package io.godwit.actors.vault;

import io.godwit.actors.permit.RunPermits;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.permit.PermitTimes;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machines of this JVM. It outlives the actor system: one that is restarted finds its machines here, still running.
 * Slow work (mapping memory, loading a kernel, unmapping) is done on the vault's own threads.
 */
public final class MachineVault implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MachineVault.class);

    private final HostIdentity identity;
    private final MachineFactory factory;
    private final MemoryBudget memory;
    private final RunPermits permits;
    private final Map<String, VaultedMachine> machines = new ConcurrentHashMap<>();
    private final Map<String, KeptHalf> kept = new ConcurrentHashMap<>();
    private final ExecutorService workers;

    public MachineVault(HostIdentity identity, MachineFactory factory, long guestMemoryBytes) {
        this(identity, factory, guestMemoryBytes, PermitTimes.DEFAULT);
    }

    /** @param times of permits: the same at all hosts of the cluster */
    public MachineVault(HostIdentity identity, MachineFactory factory, long guestMemoryBytes, PermitTimes times) {
        this.identity = identity;
        this.factory = factory;
        this.memory = new MemoryBudget(guestMemoryBytes);
        this.permits = new RunPermits(identity, times, this::find, BoottimeClock::nowMs);
        this.workers = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "godwit-vault");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Which machines here may run, and until when. */
    public RunPermits permits() {
        return permits;
    }

    public HostIdentity identity() {
        return identity;
    }

    public MachineFactory factory() {
        return factory;
    }

    public long totalMemoryBytes() {
        return memory.totalBytes();
    }

    public long usedMemoryBytes() {
        return memory.usedBytes();
    }

    public List<VaultedMachine> machines() {
        return List.copyOf(machines.values());
    }

    /** Names of the VMs that have a machine here, by id. */
    public Map<String, String> names() {
        return machines.values().stream()
                .collect(Collectors.toMap(
                        VaultedMachine::vmId,
                        vaulted -> vaulted.machine().spec().name()));
    }

    public Optional<VaultedMachine> find(String vmId) {
        return Optional.ofNullable(machines.get(vmId));
    }

    /** Makes a machine and loads its kernel: it waits at its first instruction. */
    public CompletionStage<VaultedMachine> createBooted(String vmId, VmSpec spec) {
        return create(vmId, spec, true);
    }

    /** Makes a machine that waits for its state from another host. */
    public CompletionStage<VaultedMachine> createIncoming(String vmId, VmSpec spec) {
        return create(vmId, spec, false);
    }

    private CompletionStage<VaultedMachine> create(String vmId, VmSpec spec, boolean boot) {
        if (machines.containsKey(vmId)) {
            return CompletableFuture.failedFuture(
                    new MachineException("VM " + vmId + " already has a machine on " + identity.hostId()));
        }
        if (!memory.take(vmId, spec.memoryBytes())) {
            return CompletableFuture.failedFuture(new MachineException(String.format(
                    "memory: %d bytes are not free on host %s, which has %d of %d bytes left for guests",
                    spec.memoryBytes(),
                    identity.hostId(),
                    memory.totalBytes() - memory.usedBytes(),
                    memory.totalBytes())));
        }
        return CompletableFuture.supplyAsync(() -> build(vmId, spec, boot), workers);
    }

    private VaultedMachine build(String vmId, VmSpec spec, boolean boot) {
        Machine machine = null;
        try {
            machine = factory.create(spec);
            if (boot) {
                machine.boot();
            }
            VaultedMachine vaulted = new VaultedMachine(vmId, machine, permits);
            machines.put(vmId, vaulted);
            return vaulted;
        } catch (RuntimeException | Error failure) {
            if (machine != null) {
                machine.close();
            }
            memory.giveBack(vmId);
            throw failure;
        }
    }

    /** Runs slow work on the machine, such as a reboot, off the actors' dispatcher. */
    public CompletionStage<Void> work(Runnable slow) {
        return CompletableFuture.runAsync(slow, workers);
    }

    /** What the hypervisor has against receiving such a machine: it looks at memory and at images. */
    public CompletionStage<List<String>> refusals(MachineProfile profile) {
        return compute(() -> factory.refusals(profile));
    }

    /** Finds out what takes long, such as by way of files. */
    public <T> CompletionStage<T> compute(Supplier<T> slow) {
        return CompletableFuture.supplyAsync(slow, workers);
    }

    /** Ends a machine and gives back all it took. Completes when the last mapping is gone; a VM without one is fine. */
    public CompletionStage<Void> close(String vmId) {
        VaultedMachine vaulted = machines.get(vmId);
        if (vaulted == null) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(() -> closeNow(vaulted), workers);
    }

    private void closeNow(VaultedMachine vaulted) {
        try {
            vaulted.machine().close();
        } finally {
            if (machines.remove(vaulted.vmId(), vaulted)) {
                memory.giveBack(vaulted.vmId());
            }
        }
    }

    /** Sets aside what arrived of a VM in a migration that failed. Its id here is the migration's: the VM may come again. */
    public void keep(String vmId, String migrationId, String reason) {
        VaultedMachine half = machines.get(vmId);
        if (half == null) {
            return;
        }
        LOG.warn("the half of VM {} that arrived in failed migration {} is kept: {}", vmId, migrationId, reason);
        memory.rename(vmId, migrationId);
        kept.put(migrationId, new KeptHalf(migrationId, vmId, reason, half.machine()));
        machines.remove(vmId, half);
    }

    public List<KeptHalf> kept() {
        return List.copyOf(kept.values());
    }

    /** Gives back what was kept of a migration; false where nothing was. */
    public CompletionStage<Boolean> discard(String migrationId) {
        KeptHalf half = kept.remove(migrationId);
        if (half == null) {
            return CompletableFuture.completedFuture(false);
        }
        return half.close(workers).thenApply(closed -> {
            memory.giveBack(migrationId);
            return true;
        });
    }

    /** Ends every machine: only when the JVM goes. */
    @Override
    public void close() {
        for (VaultedMachine vaulted : machines.values()) {
            try {
                closeNow(vaulted);
            } catch (RuntimeException failure) {
                LOG.warn("VM {} did not close cleanly", vaulted.vmId(), failure);
            }
        }
        kept.values().forEach(KeptHalf::closeNow);
        workers.shutdown();
    }
}
