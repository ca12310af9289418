package io.godwit.control.alarm;

/**
 * Something that a host noticed.
 *
 * @param atEpochMs when, by the host's wall clock
 * @param valueMs how long it was, or how far; negative for a clock that was set back
 */
public record Alarm(Kind kind, long atEpochMs, long valueMs) {
    /** What was noticed. */
    public enum Kind {
        /** Nothing of the JVM ran for so long. */
        JVM_PAUSE("the JVM stood still: a long garbage collection, too few CPUs, or memory that was swapped out;"
                + " run permits that ended meanwhile paused VMs"),
        /** The whole host was suspended for so long. */
        HOST_SUSPENDED("the host was suspended; run permits that ended meanwhile paused VMs"),
        /** The wall clock went so much further than time did. */
        CLOCK_STEP("the wall clock was set: times in logs and events jump there, and certificates may seem invalid;"
                + " run permits do not go by it"),
        /** What the ledger had written was not on its disk for so long. */
        LEDGER_SYNC("the disk of the ledger is slow: everything that this voter confirms waits for it, and it may lose"
                + " the lead");

        private final String meaning;

        Kind(String meaning) {
            this.meaning = meaning;
        }

        /** For an operator. */
        public String meaning() {
            return meaning;
        }
    }
}
