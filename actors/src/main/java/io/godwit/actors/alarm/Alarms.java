package io.godwit.actors.alarm;

import io.godwit.control.alarm.Alarm;
import java.util.List;
import java.util.function.Consumer;

/** What this host noticed of late. Never blocks. */
public interface Alarms {
    /** Of a host that nobody watches. */
    Alarms NONE = new Alarms() {
        @Override
        public List<Alarm> list() {
            return List.of();
        }

        @Override
        public void onRaised(Consumer<Alarm> listener) {
            // there are none
        }
    };

    /** Newest first. */
    List<Alarm> list();

    /** @param listener told of each alarm from now on, on a thread that it must not keep; takes the place of the last one */
    void onRaised(Consumer<Alarm> listener);
}
