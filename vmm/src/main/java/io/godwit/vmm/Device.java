package io.godwit.vmm;

import java.util.concurrent.CompletionStage;

/** A device of a machine, as its owner sees it. Its state is saved and restored with the machine's. */
public interface Device {
    /** Stable id, unique in the machine: the id of its saved state. */
    String id();

    /** Ends all I/O in flight; no byte of guest memory is written by it afterwards. Idempotent. */
    CompletionStage<Void> quiesce();

    /** Takes up I/O again after {@link #quiesce()}. Idempotent. */
    CompletionStage<Void> resume();
}
