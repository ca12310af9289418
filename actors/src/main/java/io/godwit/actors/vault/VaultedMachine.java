package io.godwit.actors.vault;

import io.godwit.actors.permit.RunPermits;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import org.jspecify.annotations.Nullable;

/** A machine and what a new actor system has to know to take it over. */
public final class VaultedMachine implements RunPermits.Runner {
    private final String vmId;
    private final Machine machine;
    private final RunGate gate;
    private volatile @Nullable String handedOverIn;
    private volatile @Nullable MachineEvent guestEvent;

    VaultedMachine(String vmId, Machine machine, RunPermits permits) {
        this.vmId = vmId;
        this.machine = machine;
        this.gate = new RunGate(vmId, machine, permits);
        machine.onEvent(event -> guestEvent = event);
    }

    public String vmId() {
        return vmId;
    }

    public Machine machine() {
        return machine;
    }

    /** Whether it may run now: asked before each start of its vCPUs. */
    public RunGate gate() {
        return gate;
    }

    @Override
    public void permitChanged() {
        gate.changed();
    }

    @Override
    public void forfeit() {
        gate.forfeit();
    }

    /**
     * What the guest did last that nobody has taken up yet. Known here before the vCPU that did it counts as paused:
     * whoever has paused the machine and finds nothing here has missed nothing.
     */
    public @Nullable MachineEvent guestEvent() {
        return guestEvent;
    }

    /** The guest's act is being taken up: the machine is booted anew, or goes. */
    public void guestEventTaken() {
        guestEvent = null;
    }

    /**
     * Called by a source before it sends Go, and by a target before it says that it is ready: from there the target may
     * run, or hold the only copy, and whoever takes the machine up after a restart of the actors may ask the ledger only
     * for Commit.
     */
    public void handedOver(String migrationId) {
        handedOverIn = migrationId;
    }

    /** The ledger decided the migration, and the machine is this host's. */
    public void settled() {
        handedOverIn = null;
    }

    /** The undecided migration for which only Commit may be asked from here. */
    public @Nullable String handedOverIn() {
        return handedOverIn;
    }
}
