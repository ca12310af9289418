package io.godwit.vmm;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A device of a machine, as its owner sees it. Its state is saved and restored with the machine's. */
public interface Device {
    /** Stable id, unique in the machine: the id of its saved state. */
    String id();

    /**
     * Why the machine cannot be migrated while it has this device, such as host hardware in the guest's hands: one
     * sentence for operators that does not repeat the id. Empty for a device that moves with its machine.
     */
    default Optional<String> notMigratable() {
        return Optional.empty();
    }

    /** Size of the image behind it; empty for what is no disk. */
    default OptionalLong imageBytes() {
        return OptionalLong.empty();
    }

    /** How it is, from any thread; empty for a part that has no driver to fail it. */
    default Optional<DeviceHealth> health() {
        return Optional.empty();
    }

    /** Ends all I/O in flight; no byte of guest memory is written by it afterwards. Idempotent. */
    CompletionStage<Void> quiesce();

    /**
     * Gives up what one host alone may have, such as an image's lock, for another host to take; after {@link #quiesce()}.
     * {@link #resume()} takes it again.
     */
    default CompletionStage<Void> handOver() {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * Takes up I/O again after {@link #quiesce()}. Idempotent. Fails, and leaves the device quiesced, when another has what
     * one host alone may have.
     */
    CompletionStage<Void> resume();
}
