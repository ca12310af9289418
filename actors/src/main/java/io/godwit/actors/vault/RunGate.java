package io.godwit.actors.vault;

import io.godwit.actors.permit.RunPermits;
import io.godwit.control.permit.PermitHolder;
import io.godwit.kvm.RunDeadline;
import io.godwit.vmm.Machine;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether a machine may run now. Whoever lets it run asks {@link #open()} first, which arms the kernel's timer of each vCPU
 * to the permit's end; who is told of changes asks again. One that was forfeited never opens again. For every thread.
 */
public final class RunGate {
    private final String vmId;
    private final Machine machine;
    private final RunPermits permits;
    private volatile boolean forfeited;
    private volatile @Nullable Runnable listener;

    RunGate(String vmId, Machine machine, RunPermits permits) {
        this.vmId = vmId;
        this.machine = machine;
        this.permits = permits;
    }

    /**
     * What this says.
     *
     * @param isOpen whether guest code may run, until the deadline that is armed
     * @param ranOut whether a deadline that was armed before has passed: the machine stands, whoever had let it run
     */
    public record State(boolean isOpen, boolean ranOut) {}

    /** Arms the deadline and says whether the machine may run. */
    public synchronized State open() {
        OptionalLong untilMs = forfeited ? OptionalLong.empty() : permits.untilMs(vmId);
        if (untilMs.isEmpty()) {
            return new State(false, false);
        }
        try {
            boolean inTime = machine.runUntil(boottimeNs(untilMs.getAsLong()));
            return new State(true, !inTime);
        } catch (IllegalStateException closed) {
            return new State(false, false);
        }
    }

    private static long boottimeNs(long ms) {
        return ms == PermitHolder.FOREVER ? RunDeadline.FOREVER : TimeUnit.MILLISECONDS.toNanos(ms);
    }

    /** Who lets the machine run and stops it from now on; told by whichever thread, must not block. */
    public void onChange(@Nullable Runnable newListener) {
        listener = newListener;
    }

    void changed() {
        Runnable told = listener;
        if (told != null) {
            told.run();
        } else {
            open();
        }
    }

    void forfeit() {
        forfeited = true;
    }

    /** Whether the VM that this was is another host's now. */
    public boolean isForfeited() {
        return forfeited;
    }
}
