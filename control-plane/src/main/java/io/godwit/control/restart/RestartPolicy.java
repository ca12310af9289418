package io.godwit.control.restart;

import io.godwit.config.AutoRestart;
import io.godwit.config.Units;

/**
 * Decides about one VM. A restart waits twice as long as the one before, and after {@value #MOST_IN_A_ROW} of them that
 * brought no stretch of {@value #HEALTHY_MS} ms the VM is given up: what fails so soon fails again, and an operator has
 * to look. Not thread-safe: one actor owns it. Instants are of whatever clock the calls share, in ms.
 */
public final class RestartPolicy {
    public static final int MOST_IN_A_ROW = 6;
    public static final long FIRST_DELAY_MS = 1_000;
    public static final long LONGEST_DELAY_MS = 60_000;
    /** A guest that ran this long begins a new count. */
    public static final long HEALTHY_MS = 600_000;

    /** What becomes of the VM. */
    public sealed interface Decision {
        /** It stays as it is: nothing else was asked for. */
        enum Leave implements Decision {
            INSTANCE
        }

        /**
         * It is started again.
         *
         * @param delayMs from now
         * @param attempt 1 for the first in a row
         */
        record Restart(long delayMs, int attempt) implements Decision {
            /** For operators. */
            public String describe() {
                return "it is started again in " + Units.formatDurationMs(delayMs) + " (" + attempt + " of "
                        + MOST_IN_A_ROW + ")";
            }
        }

        /** It stays as it is: too many restarts in a row did not help. */
        record GiveUp(String reason) implements Decision {}
    }

    private int inARow;
    private long startedAtMs = Long.MIN_VALUE;

    /** It runs, from now on. */
    public void started(long nowMs) {
        startedAtMs = nowMs;
    }

    /** An operator started or stopped it: what was before does not count any more. */
    public void forget() {
        inARow = 0;
        startedAtMs = Long.MIN_VALUE;
    }

    /** The guest ended. */
    public Decision ended(AutoRestart policy, GuestEnd how, long nowMs) {
        boolean wanted = switch (policy) {
            case NEVER -> false;
            case ON_CRASH -> how == GuestEnd.CRASH;
            case ALWAYS -> true;
        };
        if (!wanted) {
            return Decision.Leave.INSTANCE;
        }
        if (startedAtMs != Long.MIN_VALUE && nowMs - startedAtMs >= HEALTHY_MS) {
            inARow = 0;
        }
        return again();
    }

    /** A restart did not bring it up. */
    public Decision failed() {
        return again();
    }

    private Decision again() {
        startedAtMs = Long.MIN_VALUE;
        if (inARow == MOST_IN_A_ROW) {
            return new Decision.GiveUp("it was started again " + MOST_IN_A_ROW + " times in a row and did not run for "
                    + Units.formatDurationMs(HEALTHY_MS) + "; start it to try anew");
        }
        long delayMs = Math.min(FIRST_DELAY_MS << inARow, LONGEST_DELAY_MS);
        inARow++;
        return new Decision.Restart(delayMs, inARow);
    }
}
