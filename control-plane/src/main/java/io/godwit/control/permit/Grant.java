package io.godwit.control.permit;

import io.godwit.control.ledger.HostIdentity;

/** The leader's answer to the {@link Renewal} of that nonce. It names no instant: only the host knows when it asked. */
public record Grant(HostIdentity host, long nonce) {}
