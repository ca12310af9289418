package io.godwit.control.permit;

import io.godwit.config.InvalidValueException;

/**
 * The times of run permits. All hosts of a cluster must have the same.
 *
 * @param permitMs P: how long a permit lasts, from when its renewal was sent; 1 s to 60 s
 * @param renewalMs between renewals; 100 ms to a third of P, so that two may be lost
 * @param driftPerMille ρ: how far the rate of a host's clock may be off, 0 to 100
 * @param marginMs δ: how late a guest may stop after its deadline; 0 to P
 */
public record PermitTimes(long permitMs, long renewalMs, int driftPerMille, long marginMs) {
    public static final PermitTimes DEFAULT = new PermitTimes(5_000, 1_000, 10, 500);

    private static final long MIN_PERMIT_MS = 1_000;
    private static final long MAX_PERMIT_MS = 60_000;
    private static final long MIN_RENEWAL_MS = 100;
    private static final int MAX_DRIFT_PER_MILLE = 100;
    private static final long WHOLE = 1_000;

    public PermitTimes {
        check("permitMs", permitMs, MIN_PERMIT_MS, MAX_PERMIT_MS);
        check("renewalMs", renewalMs, MIN_RENEWAL_MS, permitMs / 3);
        check("driftPerMille", driftPerMille, 0, MAX_DRIFT_PER_MILLE);
        check("marginMs", marginMs, 0, permitMs);
    }

    /**
     * W = P(1+ρ)/(1−ρ)+δ, rounded up: how long the leader waits by its clock after its last grant to a host. The host's
     * clock may be slow by ρ, which stretches P, and the leader's fast by ρ, which shortens W.
     */
    public long waitMs() {
        long stretched = permitMs * (WHOLE + driftPerMille);
        long shortest = WHOLE - driftPerMille;
        return (stretched + shortest - 1) / shortest + marginMs;
    }

    private static void check(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InvalidValueException(field, value, least + " to " + most);
        }
    }
}
