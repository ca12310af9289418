package io.godwit.actors.admission;

import java.util.OptionalInt;

/**
 * The versions of the migration protocol one side speaks: actor messages, page frames and component states together. A
 * host speaks every version between the two, so two hosts that overlap meet at the highest both know.
 *
 * @param oldest 1 to {@code newest}
 * @param newest at most {@value #MAX}, which is what a frame's header holds
 */
public record ProtocolRange(int oldest, int newest) {
    public static final int MAX = 0xFFFF;

    /** What this build speaks. */
    public static final ProtocolRange SPOKEN = new ProtocolRange(1, 1);

    public ProtocolRange {
        if (!isRange(oldest, newest)) {
            throw new IllegalArgumentException(
                    "protocol versions " + oldest + " to " + newest + ": 1 to " + MAX + ", in order, is expected");
        }
    }

    static boolean isRange(int oldest, int newest) {
        return oldest >= 1 && newest >= oldest && newest <= MAX;
    }

    /** The version both sides use; empty where they have none in common. */
    public OptionalInt meet(ProtocolRange other) {
        int highest = Math.min(newest, other.newest);
        return highest >= Math.max(oldest, other.oldest) ? OptionalInt.of(highest) : OptionalInt.empty();
    }

    public boolean contains(int version) {
        return version >= oldest && version <= newest;
    }

    /** {@code 1}, or {@code 1 to 2}. */
    @Override
    public String toString() {
        return oldest == newest ? Integer.toString(oldest) : oldest + " to " + newest;
    }
}
