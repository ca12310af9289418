package io.godwit.vmm.device;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A device without threads of its own: it does nothing while no vCPU runs, so there is nothing to wait for. */
public interface PassiveDevice extends EmulatedDevice {
    @Override
    default CompletionStage<Void> quiesce() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    default CompletionStage<Void> resume() {
        return CompletableFuture.completedFuture(null);
    }
}
