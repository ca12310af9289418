package io.godwit.control.simulation;

/** Mistakes an implementation of permits and failover could make. */
enum ClusterMutant {
    NONE,
    /** The leader grants on receipt. */
    GRANT_WITHOUT_QUORUM,
    /** The leader grants by a round that it had begun before it received the renewal. */
    ROUND_BEGUN_BEFORE_THE_RECEIPT,
    /** The leader grants before it has applied an entry of its own term. */
    GRANT_BEFORE_OWN_TERM,
    /** The holder counts from when the reply came. */
    PERMIT_COUNTED_FROM_THE_REPLY,
    /** The holder counts from its last renewal, whichever the reply names. */
    NONCE_NOT_COMPARED,
    /** A claim passes a second after the last grant. */
    WAIT_SKIPPED,
    /** W is P: no drift, no margin. */
    DRIFT_AND_MARGIN_FORGOTTEN,
    /** A new leader lets a claim pass at once. */
    NEW_LEADER_DOES_NOT_WAIT,
    /** A claim of a VM that migrates does not wait for its target's permit. */
    TARGETS_PERMIT_IGNORED,
    /** A renewal is granted between a claim's entry and its application. */
    PENDING_CLAIM_NOT_SEEN,
    /** The read after a gap is answered by any voter, from what it has applied. */
    RESUME_FROM_A_REPLICA,
    /** A paused guest goes on as soon as there is a permit again. */
    RESUME_WITHOUT_A_READ,
    /** Answers count whenever they were asked for. */
    RESUME_FROM_A_READ_BEFORE_CONTACT,
    /** That a migration was committed counts as the ledger's word on who has the VM now. */
    OLD_DECISION_TAKEN_FOR_EVIDENCE,
    /** A repeated command is applied again. */
    REQUEST_ID_IGNORED,
    /** The JVM pauses guests at the deadline, the kernel does not. */
    JVM_ONLY_DEADLINE,
    /** A host that comes back runs what it ran before, as soon as it has a permit. */
    RESTART_WITHOUT_A_READ
}
