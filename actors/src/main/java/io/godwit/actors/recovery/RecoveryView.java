package io.godwit.actors.recovery;

import io.godwit.actors.serialization.Wire;
import io.godwit.control.recovery.Recovery;
import java.util.Locale;

/**
 * A recovery as operators see it.
 *
 * @param from the silent host, and {@code incarnation} its life
 * @param to the host that was chosen; empty while none is
 * @param state {@code waiting}, {@code fencing}, {@code offered}, {@code claiming}, {@code starting}, {@code completed} or
 *     {@code ended}
 * @param reason what it waits for, or why it ended; empty where that is plain
 */
public record RecoveryView(
        String id,
        String vmId,
        String vmName,
        String from,
        String incarnation,
        String to,
        String state,
        String reason,
        long beganEpochMs,
        long changedEpochMs)
        implements Wire {
    /** @param epochMs what to add to instants of the leader's clock */
    static RecoveryView of(Recovery one, long epochMs) {
        return new RecoveryView(
                one.id(),
                one.vmId(),
                one.vmName(),
                one.from().hostId(),
                one.from().incarnation(),
                one.to(),
                one.state().name().toLowerCase(Locale.ROOT),
                one.reason(),
                epochMs + one.beganAtMs(),
                epochMs + one.changedAtMs());
    }

    public boolean isOver() {
        return state.equals("completed") || state.equals("ended");
    }
}
