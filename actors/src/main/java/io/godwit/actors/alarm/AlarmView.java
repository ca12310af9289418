package io.godwit.actors.alarm;

import io.godwit.actors.serialization.Wire;
import io.godwit.control.alarm.Alarm;

/**
 * An alarm as operators see it.
 *
 * @param kind {@code jvm-pause}, {@code host-suspended}, {@code clock-step} or {@code ledger-sync}
 * @param valueMs how long it was, or how far; negative for a clock that was set back
 * @param meaning what it means for the host and its VMs
 */
public record AlarmView(String host, String kind, long atEpochMs, long valueMs, String meaning) implements Wire {
    public static AlarmView of(String host, Alarm alarm) {
        return new AlarmView(
                host,
                AlarmWatch.label(alarm),
                alarm.atEpochMs(),
                alarm.valueMs(),
                alarm.kind().meaning());
    }
}
