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
}
