package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.vmm.MachineEvent;
import org.jspecify.annotations.Nullable;

/**
 * What a guest did last that ended it or booted it anew. Kept in its host's memory, until an operator starts the VM again.
 *
 * @param kind {@code power-off}, {@code reset}, {@code triple-fault}, {@code panic}, {@code debug-exit} or
 *     {@code failure}
 * @param exitCode what it wrote to the debug-exit port; null where it did not
 * @param reason one sentence for operators
 */
public record GuestActView(String kind, @Nullable Integer exitCode, String reason, long atEpochMs) implements Wire {
    static GuestActView of(MachineEvent event) {
        Integer code = event instanceof MachineEvent.DebugExit exit ? exit.code() : null;
        return new GuestActView(GuestActs.kind(event), code, GuestActs.describe(event), System.currentTimeMillis());
    }
}
