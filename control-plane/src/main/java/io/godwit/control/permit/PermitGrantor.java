package io.godwit.control.permit;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ledger leader's half of the run permits: whom it grants one, and which claims it lets into the log. One for each
 * voter; what it remembers is of one term. Not thread-safe: the shell calls it under one lock, and {@link #beforeAppend}
 * under that of the log, so that nothing comes between its answer and the entry. Instants are those of the voter's
 * {@code CLOCK_BOOTTIME}, in ms.
 *
 * <p>The rules, whose reason is in the package's description:
 *
 * <ol>
 *   <li>A leader that has not applied an entry of its own term grants nothing and lets no claim pass.
 *   <li>A renewal is granted when a majority has acknowledged a round that was begun after its receipt, in the same term.
 *   <li>A grant is noted when it is released. A claim passes W after the last grant to each host that may run the VM, and
 *       W after the leader became ready, for it knows none of its predecessors' grants.
 *   <li>A claim that passed is pending until it is applied or the term is over; until then nothing is granted to the
 *       hosts that it is against. Grant and claim are each decided at one instant, so one sees the other.
 * </ol>
 *
 * <p>A leader that was deposed and does not know it gets no majority for a round begun after that, and no claim of its
 * is committed any more.
 *
 * <p>In Apache Ratis (3.3.0): {@link #leads} is {@code LeaderEventApi.notifyLeaderReady}, which follows the entry of the
 * leader's own term; {@link #leadsNoMore} is {@code LeaderEventApi.notifyNotLeader} and
 * {@code EventApi.notifyLeaderChanged} to another. {@link #received} and {@link #confirmed} lie before and behind a
 * round, begun after the receipt, in which a majority was not past the term; its own linearizable reads skip that. {@link #beforeAppend} is {@code StateMachine.preAppendTransaction}: on the leader alone, in the order and under
 * the lock of the log; its refusal is that hook's exception. {@code startTransaction} would be too early: the leadership
 * can change between it and the log. {@link #settled} belongs into {@code applyTransaction}.
 */
public final class PermitGrantor {
    private static final long NO_TERM = -1;

    /** A renewal that waits for its round, and the term in which it came. */
    public record Receipt(Renewal renewal, long term) {}

    /** Whether a claim may enter the log. */
    public sealed interface ClaimVerdict {
        record Passes() implements ClaimVerdict {}

        /** @param waitMs after which it may pass, if nothing else happens; 0 where waiting does not help */
        record Refused(String reason, long waitMs) implements ClaimVerdict {}
    }

    private final PermitTimes times;
    private final Map<HostIdentity, Long> grantedAtMs = new HashMap<>();
    private final Map<String, Set<HostIdentity>> pending = new HashMap<>();
    private long term = NO_TERM;
    private long readyAtMs;

    public PermitGrantor(PermitTimes times) {
        this.times = times;
    }

    /** This voter leads, and has applied an entry of that term. */
    public void leads(long ofTerm, long nowMs) {
        leadsNoMore();
        term = ofTerm;
        readyAtMs = nowMs;
    }

    public void leadsNoMore() {
        term = NO_TERM;
        grantedAtMs.clear();
        pending.clear();
    }

    /** A renewal came: begin a round for it now. Empty if nothing is granted here. */
    public Optional<Receipt> received(Renewal renewal) {
        return term == NO_TERM || isClaimedFrom(renewal.host())
                ? Optional.empty()
                : Optional.of(new Receipt(renewal, term));
    }

    /** The round was acknowledged by a majority: the grant to be sent. Empty if something has changed since. */
    public Optional<Grant> confirmed(Receipt receipt, long nowMs) {
        HostIdentity host = receipt.renewal().host();
        if (receipt.term() != term || isClaimedFrom(host)) {
            return Optional.empty();
        }
        grantedAtMs.values().removeIf(granted -> nowMs - granted >= times.waitMs());
        grantedAtMs.put(host, nowMs);
        return Optional.of(new Grant(host, receipt.renewal().nonce()));
    }

    /** Whether the host may still have a valid permit, for all that this leader knows. */
    public boolean mayHoldPermit(HostIdentity host, long nowMs) {
        return term == NO_TERM || waitForMs(host, nowMs) > 0;
    }

    /** Whether this leader granted the host a permit that may be valid: it is not silent. */
    public boolean isHeard(HostIdentity host, long nowMs) {
        Long granted = grantedAtMs.get(host);
        return granted != null && nowMs - granted < times.waitMs();
    }

    /**
     * The last check of a claim. One that passes is pending from now on, so it must be appended in this term or be
     * {@link #settled}.
     *
     * @param vm the record as applied, perhaps behind the log: the claim's own comparison decides when it is applied
     */
    public ClaimVerdict beforeAppend(Claim claim, @Nullable VmRecord vm, long nowMs) {
        if (term == NO_TERM) {
            return new ClaimVerdict.Refused("this voter does not lead, or not yet", 0);
        }
        if (vm != null && vm.epoch() > claim.epoch()) {
            // Its comparison fails for ever: it changes nothing, but a repetition is owed the recorded answer.
            return new ClaimVerdict.Passes();
        }
        PreparedMigration prepared = vm == null ? null : vm.prepared();
        String migrationId = prepared == null ? null : prepared.migrationId();
        if (vm == null || !Objects.equals(migrationId, claim.migrationId())) {
            return new ClaimVerdict.Refused("the VM or its migration is not as the claim has it", 0);
        }
        Set<HostIdentity> against = new HashSet<>(Set.of(claim.previous()));
        if (prepared != null) {
            against.add(prepared.source());
            against.add(prepared.target());
        }
        for (HostIdentity host : against) {
            long waitMs = waitForMs(host, nowMs);
            if (waitMs > 0) {
                return new ClaimVerdict.Refused(
                        "host \"" + host.hostId() + "\" may hold a permit for " + waitMs + " ms more", waitMs);
            }
        }
        pending.put(key(claim), against);
        return new ClaimVerdict.Passes();
    }

    /** The claim was applied, with whatever answer, or did not enter the log. */
    public void settled(Claim claim) {
        pending.remove(key(claim));
    }

    /** Request ids are unique within a VM. */
    private static String key(Claim claim) {
        return claim.vmId() + "/" + claim.requestId();
    }

    private boolean isClaimedFrom(HostIdentity host) {
        return pending.values().stream().anyMatch(against -> against.contains(host));
    }

    private long waitForMs(HostIdentity host, long nowMs) {
        long since = Math.max(readyAtMs, grantedAtMs.getOrDefault(host, readyAtMs));
        return times.waitMs() - (nowMs - since);
    }
}
