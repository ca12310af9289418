package io.godwit.vmm;

import java.util.concurrent.CompletionStage;

/**
 * One vCPU on its own thread, named {@code godwit-<vm>-vcpu<index>}. Requests return at once; they are carried out by
 * that thread in order.
 */
public interface Vcpu {
    int index();

    /** Lets guest code run. Completes when the thread is about to enter the guest. */
    CompletionStage<Void> resume();

    /** Stops guest code with consistent registers: pending exits answered. Idempotent. */
    CompletionStage<Void> pause();

    boolean isPaused();

    /**
     * Holds guest code back by a share of its time, at once and until told otherwise; 0 lets it run freely. A throttled
     * vCPU pauses, resumes and closes as soon as any other.
     *
     * @param percent of its time that guest code does not run, 0 to {@link io.godwit.kvm.Throttle#MAX_PERCENT}
     */
    void throttle(int percent);

    /** The share set last. */
    int throttlePercent();

    /** CPU time that this vCPU has used so far, in ns: what tells an idle one from one that runs. */
    long cpuTimeNs();
}
