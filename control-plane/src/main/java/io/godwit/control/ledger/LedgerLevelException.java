package io.godwit.control.ledger;

/** A ledger, or a part or backup of one, of a higher level than this build speaks. */
public final class LedgerLevelException extends LedgerFormatException {
    public LedgerLevelException(int level, int spoken) {
        super(sentence(level, spoken));
    }

    /** What an operator is to know and to do. */
    private static String sentence(int level, int spoken) {
        String speaks = spoken == LedgerLevel.FIRST ? "only level 1" : "levels 1 to " + spoken;
        return "the ledger is of level " + level + ", and this host's build of Godwit speaks " + speaks
                + ": start the host with a build that speaks level " + level
                + " (\"godwit ledger status\" on another host names what each speaks)";
    }
}
