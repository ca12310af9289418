package io.godwit.control.join;

/** Mistakes an implementation could make. The model is worth something only if it finds each of them. */
enum JoinMutant {
    NONE,
    /** A leader answers from what it remembers, without asking the other voters. */
    GRANT_WITHOUT_ROUND,
    NEW_LEADER_DOES_NOT_WAIT,
    GRANTEE_COUNTS_FROM_THE_ANSWER,
    LEADER_WAITS_HALF_THE_GRANT,
    LEADER_FORGETS_THE_GRANTEE,
    FIRST_SEED_ASKS_NOBODY,
    ONLY_THE_FIRST_SEED_FORMS,
    MEMBERS_TELL_NOTHING,
    STRAYS_STAY
}
