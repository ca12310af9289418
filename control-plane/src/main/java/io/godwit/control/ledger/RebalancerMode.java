package io.godwit.control.ledger;

/** What the operator lets the rebalancer do unasked. */
public enum RebalancerMode {
    /** It does not even look. */
    OFF,
    /** It says what it would move, and moves nothing. */
    RECOMMEND_ONLY,
    /** It moves VMs. */
    ARMED
}
