package io.godwit.actors.maintenance;

import io.godwit.control.ledger.HostMaintenance.State;
import java.util.List;
import java.util.Locale;

/** In which state of maintenance this host is, as far as it knows itself. Written by its {@link MaintenanceActor}. */
public final class MaintenanceBook {
    private volatile State state = State.ACTIVE;

    void enter(State now) {
        state = now;
    }

    /**
     * Why no VM may come here, empty if it may. For an early word: what decides is the ledger, which prepares no migration
     * to a host that takes no VMs.
     */
    public List<String> notReceiving(String hostId) {
        State now = state;
        return now.takesVms() ? List.of() : List.of("host " + hostId + " takes no VM while it is " + now.inWords());
    }

    /** As operators read it: {@code up} where it is active. */
    public String label() {
        return label(state);
    }

    private static String label(State state) {
        return state == State.ACTIVE ? "up" : state.name().toLowerCase(Locale.ROOT);
    }
}
