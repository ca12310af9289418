package io.godwit.control.ledger;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger may hold: a number that only grows, so that hosts of two builds can keep one ledger while they are
 * upgraded one by one. A build speaks the levels from {@link #FIRST} to {@link #SPOKEN}; each kind of command has the level
 * that introduced it, and is kept out of the log until the ledger is of that level. {@link LedgerCommand.RaiseLevel} raises
 * it by one, and is asked for when every host speaks the next.
 *
 * <p>Level 2 is the first that is written down: a ledger of level 1, and a build that speaks no other, knows of no levels.
 * From level 2 on a host says which level its build speaks when it asks for its name ({@link LedgerCommand.AdmitHost}), and
 * one that does not say it, or is older than the ledger, gets none. That is all that is new in it.
 */
public final class LedgerLevel {
    public static final int FIRST = 1;
    /** The highest that this build speaks. */
    public static final int SPOKEN = 2;

    /** No build will ever speak as many. */
    public static final int MAX = 65_535;

    /** In each refusal of a host whose build is older than the ledger, and in no other. */
    public static final String TOO_OLD = " is not let in: the ledger is of level ";

    /** Kinds that are not listed are of the first. */
    private static final Map<Class<?>, Integer> INTRODUCED =
            Map.of(LedgerCommand.RaiseLevel.class, 2, LedgerCommand.AdmitHost.class, 2);

    private LedgerLevel() {}

    /** The level of builds that can read the command at all. */
    static int introduced(LedgerCommand command) {
        return INTRODUCED.getOrDefault(command.getClass(), FIRST);
    }

    /** Why a ledger of that level does not take the command; null if it does. It may at a higher one. */
    static @Nullable String objection(LedgerCommand command, int level) {
        if (command instanceof LedgerCommand.RaiseLevel raise) {
            return raise.level() <= level + 1
                    ? null
                    : "level " + raise.level() + " is not accepted; the ledger is of level " + level + ", expected "
                            + (level + 1);
        }
        int needed = introduced(command);
        return needed <= level
                ? null
                : "the ledger is of level " + level + "; this command needs level " + needed
                        + ", which \"godwit ledger upgrade\" raises it to";
    }

    /** @throws LedgerFormatException for what no ledger of that level may hold, or what the build cannot apply */
    static void checkBeforeLog(LedgerCommand command, int level, int spoken) {
        check(command, level, spoken);
        String objection = objection(command, level);
        if (objection != null) {
            throw new LedgerFormatException(objection);
        }
    }

    /**
     * On a build that speaks up to {@code spoken}, with a ledger of that level: to guess at what it cannot read, or will not
     * be able to read after it, would make it disagree with the others.
     *
     * @throws LedgerLevelException before anything is changed
     */
    static void check(LedgerCommand command, int level, int spoken) {
        int needed = introduced(command);
        if (command instanceof LedgerCommand.RaiseLevel raise && raise.level() == level + 1) {
            needed = Math.max(needed, raise.level());
        }
        if (needed > spoken) {
            throw new LedgerLevelException(needed, spoken);
        }
    }
}
