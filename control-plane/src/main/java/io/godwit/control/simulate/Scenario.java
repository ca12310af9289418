package io.godwit.control.simulate;

import io.godwit.config.InvalidValueException;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.inventory.Inventory;
import java.util.Comparator;
import java.util.List;

/**
 * What is simulated.
 *
 * @param durationMs 1 s to 366 days
 * @param roundMs between decisions, 1 s to 1 h
 * @param traceGapMs after which a VM's load counts as unknown
 * @param notes what was left out of the files it came from
 */
public record Scenario(
        Inventory inventory,
        BalanceSettings settings,
        long seed,
        long durationMs,
        long roundMs,
        LoadTrace trace,
        long traceGapMs,
        List<Event> events,
        List<String> notes) {
    public static final long DEFAULT_DURATION_MS = 24L * 3_600_000;
    public static final long DEFAULT_ROUND_MS = 30_000;
    public static final long DEFAULT_TRACE_GAP_MS = 600_000;

    private static final long MAX_DURATION_MS = 366L * 24 * 3_600_000;
    private static final long MAX_ROUND_MS = 3_600_000;

    public Scenario {
        if (durationMs < 1_000 || durationMs > MAX_DURATION_MS) {
            throw new InvalidValueException("duration", durationMs + "ms", "1s to 366 days");
        }
        if (roundMs < 1_000 || roundMs > MAX_ROUND_MS) {
            throw new InvalidValueException("round", roundMs + "ms", "1s to 1h");
        }
        for (Event event : events) {
            if (event.kind().ofHost() && inventory.host(event.host()) == null) {
                throw new InvalidValueException(
                        "event." + event.kind().label(), event.host(), "a host of the inventory");
            }
        }
        events = events.stream().sorted(Comparator.comparingLong(Event::atMs)).toList();
        notes = List.copyOf(notes);
    }

    /** With nothing but an inventory. */
    public static Scenario of(Inventory inventory, long seed) {
        return new Scenario(
                inventory,
                BalanceSettings.DEFAULT,
                seed,
                DEFAULT_DURATION_MS,
                DEFAULT_ROUND_MS,
                LoadTrace.NONE,
                DEFAULT_TRACE_GAP_MS,
                List.of(),
                List.of());
    }
}
