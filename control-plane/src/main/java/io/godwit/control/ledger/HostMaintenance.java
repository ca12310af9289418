package io.godwit.control.ledger;

import java.util.List;

/**
 * What the ledger knows of a host's maintenance. It is the host's, whichever of its lives: it outlasts restarts.
 *
 * @param operationId the drain or restore that last began
 * @param concurrency how many migrations that may have under way at a time
 * @param moves where drains meant to put VMs of this host, noted before each move began; the oldest first, one for each VM
 */
public record HostMaintenance(String hostId, State state, String operationId, int concurrency, List<Move> moves) {
    public static final int MAX_CONCURRENCY = 64;
    /** Where nobody says. */
    public static final int USUAL_CONCURRENCY = 2;

    /** What holds of the host while it lasts. */
    public enum State {
        /** As any other host. */
        ACTIVE,
        /** Takes no VM and starts none; those that run are being moved away. */
        DRAINING,
        /** No VM runs on it, and it takes and starts none. */
        MAINTENANCE,
        /** Takes back the VMs that a drain moved away. */
        RESTORING;

        /** Whether VMs may come to, or start on, a host in it. */
        public boolean takesVms() {
            return this == ACTIVE || this == RESTORING;
        }

        /** Why VMs may not come to a host in it, as recovery and drains say it; empty where they may. */
        public String objection() {
            return takesVms() ? "" : "it is " + inWords();
        }

        /** What a host in it is, in words. */
        public String inWords() {
            return switch (this) {
                case ACTIVE -> "active";
                case DRAINING -> "being drained";
                case MAINTENANCE -> "in maintenance";
                case RESTORING -> "taking its VMs back";
            };
        }
    }

    /** @param hostId where the VM was to go */
    public record Move(String vmId, String hostId) {}

    public HostMaintenance {
        moves = List.copyOf(moves);
    }

    /** Of a host that was never drained. */
    public static HostMaintenance none(String hostId) {
        return new HostMaintenance(hostId, State.ACTIVE, "", 1, List.of());
    }

    /** Whether there is nothing to remember. */
    boolean isNone() {
        return state == State.ACTIVE && moves.isEmpty();
    }
}
