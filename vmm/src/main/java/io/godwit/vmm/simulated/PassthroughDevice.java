package io.godwit.vmm.simulated;

import io.godwit.vmm.Device;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Stands for host hardware in a guest's hands: it does nothing but keep its machine from being migrated. */
final class PassthroughDevice implements Device {
    static final String ID = "passthrough/0";

    @Override
    public String id() {
        return ID;
    }

    @Override
    public Optional<String> notMigratable() {
        return Optional.of("it is hardware of its host in the guest's hands");
    }

    @Override
    public CompletionStage<Void> quiesce() {
        return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<Void> resume() {
        return CompletableFuture.completedStage(null);
    }
}
