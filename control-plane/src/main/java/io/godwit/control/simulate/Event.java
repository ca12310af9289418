package io.godwit.control.simulate;

import java.util.Locale;

/**
 * Something that happens to a cluster.
 *
 * @param host empty for {@link Kind#ARM} and {@link Kind#DISARM}
 */
public record Event(long atMs, Kind kind, String host) {
    public enum Kind {
        /** An operator empties a host. */
        DRAIN,
        /** A host dies, and that is known: its VMs are started elsewhere. */
        FAIL,
        /** A host takes VMs again. */
        BACK,
        /** Nothing is moved for balance from here on. */
        DISARM,
        ARM;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        public boolean ofHost() {
            return this == DRAIN || this == FAIL || this == BACK;
        }
    }
}
