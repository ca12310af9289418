package io.godwit.actors.permit;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitAction;
import io.godwit.control.permit.PermitHolder;
import io.godwit.control.permit.PermitHolder.Role;
import io.godwit.control.permit.PermitTimes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The one {@link PermitHolder} of this JVM, for every thread. It outlives the actor system, as the machines do: a nonce is
 * never used twice in a host's life, and what was held is held when the actors begin anew. {@link PermitActor} lets its
 * time pass and carries its questions to the ledger.
 *
 * <p>Machines ask here until when they may run, and are told by {@link Runner#permitChanged} to ask again. So it does not
 * matter in which order two threads tell them.
 */
public final class RunPermits {
    /** As the holder has it: no period. */
    public static final long NEVER = PermitHolder.NEVER;

    /** What runs a VM here. */
    public interface Runner {
        /** To look again at {@link #untilMs}. Called without any lock of this class. */
        void permitChanged();

        /** It never runs again, whatever is said of its VM later. Must not take a lock. */
        void forfeit();
    }

    /** Where a VM's machine is, if it has one here. */
    public interface Machines {
        Optional<? extends Runner> find(String vmId);
    }

    private record LedgerGuard(long epoch, boolean guarded) {}

    private final PermitHolder holder;
    private final Machines machines;
    private final LongSupplier clockMs;
    /** Between renewals while nothing needs the permit: to the holder a short stall, and one answer may still be lost. */
    private final long idleMs;

    private final Map<String, LedgerGuard> guardedByLedger = new HashMap<>();
    private @Nullable Consumer<PermitAction> outlet;

    /** @param clockMs of {@code CLOCK_BOOTTIME} */
    public RunPermits(HostIdentity self, PermitTimes times, Machines machines, LongSupplier clockMs) {
        this.holder = new PermitHolder(self, times);
        this.machines = machines;
        this.clockMs = clockMs;
        this.idleMs = 2 * times.renewalMs();
    }

    /** Who renews, reads and gives up from now on; called without any lock of this class. */
    public synchronized void onAction(Consumer<PermitAction> newOutlet) {
        outlet = newOutlet;
    }

    /** Of {@code CLOCK_BOOTTIME}. */
    public long nowMs() {
        return clockMs.getAsLong();
    }

    /** To be noted when something is first asked of the ledger, or room is reserved; see {@link PermitHolder#period}. */
    public synchronized long period() {
        return holder.period(nowMs());
    }

    /** Until when the VM may run, {@link PermitHolder#FOREVER} where it needs no permit; empty if not now. */
    public synchronized OptionalLong untilMs(String vmId) {
        return holder.mayRunUntilMs(vmId, nowMs());
    }

    /** When the host's permit ends; empty while it has none. */
    public synchronized OptionalLong permitEndsMs() {
        return holder.endsMs(nowMs());
    }

    public synchronized boolean isHeld(String vmId) {
        return holder.isHeld(vmId);
    }

    /** Whether the VM may be started from its disks here. */
    public synchronized boolean isOwned(String vmId, long epoch) {
        return holder.isOwned(vmId, epoch);
    }

    /** Whether it is certain now that no other host owns the VM, without asking the ledger. */
    public synchronized boolean isCertainOwner(String vmId) {
        return holder.isCertainOwner(vmId, nowMs());
    }

    /** Whether the VM runs only under the host's permit. */
    public synchronized boolean isGuarded(String vmId) {
        return holder.isGuarded(vmId);
    }

    /** See {@link PermitHolder#hold}. */
    public void hold(String vmId, long epoch, Role role, boolean guarded, long askedIn) {
        carryOut(() -> holder.hold(vmId, epoch, role, guarded, askedIn, nowMs()), vmId);
    }

    /** See {@link PermitHolder#release}. */
    public synchronized void release(String vmId, long epoch) {
        holder.release(vmId, epoch);
        guardedByLedger.remove(vmId);
    }

    /** See {@link PermitHolder#releaseTargets}; {@code driven} must not take a lock. */
    public synchronized void releaseTargets(Predicate<String> driven) {
        holder.releaseTargets(driven);
    }

    /** See {@link PermitHolder#handedOver}. */
    public synchronized void handedOver(String vmId, long epoch) {
        holder.handedOver(vmId, epoch);
        guardedByLedger.remove(vmId);
    }

    /** What the ledger said of that epoch's guard, as far as this host was told. */
    synchronized Optional<Boolean> guardedByLedger(String vmId, long epoch) {
        return Optional.ofNullable(guardedByLedger.get(vmId))
                .filter(said -> said.epoch() == epoch)
                .map(LedgerGuard::guarded);
    }

    synchronized void guardedByLedger(String vmId, long epoch, boolean guarded) {
        guardedByLedger.put(vmId, new LedgerGuard(epoch, guarded));
    }

    /** Lets time pass; in how many ms it has to be called again. */
    long tick() {
        carryOut(() -> holder.tick(nowMs()), null);
        synchronized (this) {
            long now = nowMs();
            long dueMs = Math.max(1, holder.nextTickMs() - now);
            boolean lasts = holder.endsMs(now).orElse(now) - now >= idleMs;
            return lasts && !holder.guardsAny() ? Math.max(dueMs, idleMs) : dueMs;
        }
    }

    void granted(Grant grant) {
        carryOut(() -> holder.granted(grant, nowMs()), null);
    }

    void read(String vmId, long askedIn, Optional<VmRecord> record) {
        carryOut(() -> holder.read(vmId, askedIn, record, nowMs()), null);
    }

    private interface Step {
        List<PermitAction> take();
    }

    /** @param also a VM whose right may have changed without an action; null for none */
    private void carryOut(Step step, @Nullable String also) {
        List<PermitAction> actions;
        Consumer<PermitAction> to;
        synchronized (this) {
            actions = new ArrayList<>(step.take());
            for (PermitAction action : actions) {
                // Before anybody can see that the VM is held anew: what is here must not run as that.
                if (action instanceof PermitAction.GiveUp givenUp) {
                    machines.find(givenUp.vmId()).ifPresent(Runner::forfeit);
                }
            }
            to = outlet;
        }
        for (PermitAction action : actions) {
            if (action instanceof PermitAction.RunUntil run) {
                tell(run.vmId());
            } else if (action instanceof PermitAction.Pause pause) {
                tell(pause.vmId());
            } else if (to != null) {
                to.accept(action);
            }
        }
        if (also != null) {
            tell(also);
        }
    }

    private void tell(String vmId) {
        machines.find(vmId).ifPresent(Runner::permitChanged);
    }
}
