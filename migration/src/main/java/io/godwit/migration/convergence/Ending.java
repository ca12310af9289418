package io.godwit.migration.convergence;

import io.godwit.config.EndingSettings;

/** What an operator's word or the clock asks of a migration that has not ended by itself. */
public enum Ending {
    /** Nothing: it goes on. */
    NONE,
    /** Its timeout has passed, which is only to be told. */
    OVERDUE,
    /** The machine is paused as soon as the ledger allows it, however long the rest takes. */
    PAUSE,
    /** It ends; the machine goes on at the source. */
    CANCEL;

    /**
     * @param elapsedMs since the first round began
     * @param finishNow an operator wants it finished
     */
    public static Ending of(EndingSettings settings, double elapsedMs, boolean finishNow) {
        if (finishNow) {
            return PAUSE;
        }
        if (settings.timeoutMs() == 0 || elapsedMs < settings.timeoutMs()) {
            return NONE;
        }
        return switch (settings.timeoutAction()) {
            case SUSPEND -> PAUSE;
            case CANCEL -> CANCEL;
            case IGNORE -> OVERDUE;
        };
    }
}
