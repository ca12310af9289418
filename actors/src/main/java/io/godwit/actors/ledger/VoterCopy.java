package io.godwit.actors.ledger;

/**
 * How far a voter's copy of the ledger goes.
 *
 * @param term of the last entry in its log, committed or not
 * @param index of that entry; -1 for none
 */
public record VoterCopy(long term, long index) {
    static final VoterCopy NONE = new VoterCopy(0, -1);

    /** As Raft compares logs: what a majority has, of which the other one is part, is in this one too. */
    boolean isPast(VoterCopy other) {
        return term > other.term || (term == other.term && index > other.index);
    }
}
