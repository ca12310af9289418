package io.godwit.control.permit;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitAction.GiveUp;
import io.godwit.control.permit.PermitAction.Pause;
import io.godwit.control.permit.PermitAction.Read;
import io.godwit.control.permit.PermitAction.RunUntil;
import io.godwit.control.permit.PermitAction.SendRenewal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A host's half of the run permits: until when each of its VMs may run. Not thread-safe: one actor owns it. Instants are
 * those of the host's {@code CLOCK_BOOTTIME} when the call is made, in ms, and must not go back.
 *
 * <p>The permit is the host's: P from the instant at which it sent the renewal that a grant names. What counts is the
 * latest such end; a grant that came late, twice, for another life of the host or for no renewal of this one changes
 * nothing. When it runs out the <i>period</i> is over: guarded VMs are paused, and what was asked of the ledger until then
 * is evidence no more. The first grant after that begins the next period, and each VM is read again.
 *
 * <p>Every call looks at the clock first, so a grant that waited in a stalled JVM behind its own end cannot hide the gap.
 *
 * <p>VMs that are not guarded need no permit and run on in a gap. They are read again after it too: if an operator
 * confirmed this host dead meanwhile, they are another's.
 */
public final class PermitHolder {
    /** The end of a permit that a VM does not need. */
    public static final long FOREVER = Long.MAX_VALUE;

    /** No period: evidence that counts for nothing. */
    public static final long NEVER = 0;

    /** As what a host holds a VM. */
    public enum Role {
        OWNER,
        /** Of a migration, from the reservation on, at the source's epoch. */
        TARGET
    }

    private record Held(long epoch, Role role, boolean guarded, boolean evident) {
        /** Whether what is here cannot be the VM at that epoch: it changed hands between. A target's commit is one epoch more. */
        boolean isOutdatedAt(long epochNow) {
            return epoch < (role == Role.OWNER ? epochNow : epochNow - 1);
        }

        Held with(boolean evidence) {
            return new Held(epoch, role, guarded, evidence);
        }
    }

    private final HostIdentity self;
    private final PermitTimes times;
    private final TreeMap<Long, Long> sentAtMs = new TreeMap<>();
    private final Map<String, Held> vms = new LinkedHashMap<>();
    private final Map<String, Long> givenUp = new LinkedHashMap<>();
    private long lastNonce;
    private long nextRenewalMs = Long.MIN_VALUE;
    private long period = NEVER;
    private boolean valid;
    private long endMs = Long.MIN_VALUE;

    public PermitHolder(HostIdentity self, PermitTimes times) {
        this.self = self;
        this.times = times;
    }

    /**
     * The present period, {@link #NEVER} outside of one. To be noted when a command is <i>first</i> sent to the ledger,
     * or room is reserved for a migration: it says what the answer will be worth.
     */
    public long period(long nowMs) {
        return valid && nowMs < endMs ? period : NEVER;
    }

    /** Until when the VM may run; empty if not now. */
    public OptionalLong mayRunUntilMs(String vmId, long nowMs) {
        Held held = vms.get(vmId);
        if (held == null) {
            return OptionalLong.empty();
        } else if (!held.guarded()) {
            return OptionalLong.of(FOREVER);
        }
        return held.evident() && period(nowMs) != NEVER ? OptionalLong.of(endMs) : OptionalLong.empty();
    }

    /** When the permit ends; empty while there is none. */
    public OptionalLong endsMs(long nowMs) {
        return period(nowMs) == NEVER ? OptionalLong.empty() : OptionalLong.of(endMs);
    }

    /** Whether anything here runs only under the permit. */
    public boolean guardsAny() {
        return vms.values().stream().anyMatch(Held::guarded);
    }

    /** Whether the VM is held here and needs a permit. */
    public boolean isGuarded(String vmId) {
        Held held = vms.get(vmId);
        return held != null && held.guarded();
    }

    /** Whether this host may run the VM whenever its permit allows, as far as it knows. */
    public boolean isHeld(String vmId) {
        return vms.containsKey(vmId);
    }

    /** Whether this host holds the VM as its owner under that epoch: only then may it be started from its disks. */
    public boolean isOwned(String vmId, long epoch) {
        Held held = vms.get(vmId);
        return held != null && held.role() == Role.OWNER && held.epoch() == epoch;
    }

    /**
     * Whether this host holds the VM as its owner on evidence of the present period: as long as that lasts nobody else can
     * have it, unless an operator has said that this host is dead.
     */
    public boolean isCertainOwner(String vmId, long nowMs) {
        Held held = vms.get(vmId);
        return held != null && held.role() == Role.OWNER && held.evident() && period(nowMs) != NEVER;
    }

    private boolean wasGivenUp(String vmId, long epoch) {
        return givenUp.getOrDefault(vmId, Long.MIN_VALUE) >= epoch;
    }

    /** To be called when {@link #nextTickMs} has come, and harmless at any other time. */
    public List<PermitAction> tick(long nowMs) {
        List<PermitAction> actions = expired(nowMs);
        if (nowMs >= nextRenewalMs) {
            nextRenewalMs = nowMs + times.renewalMs();
            sentAtMs.values().removeIf(sent -> sent + times.permitMs() <= nowMs);
            sentAtMs.put(++lastNonce, nowMs);
            actions.add(new SendRenewal(new Renewal(self, lastNonce)));
            readAgain(actions);
        }
        return actions;
    }

    /** When the next renewal is due or the permit runs out, whichever is first. */
    public long nextTickMs() {
        return valid ? Math.min(nextRenewalMs, endMs) : nextRenewalMs;
    }

    /** A grant came. */
    public List<PermitAction> granted(Grant grant, long nowMs) {
        List<PermitAction> actions = expired(nowMs);
        Long sent = grant.host().equals(self) ? sentAtMs.remove(grant.nonce()) : null;
        if (sent == null) {
            return actions;
        }
        long end = sent + times.permitMs();
        if (end <= nowMs || end <= endMs) {
            return actions;
        }
        endMs = end;
        if (!valid) {
            valid = true;
            period++;
            readAgain(actions);
        }
        vms.forEach((vmId, held) -> {
            if (held.guarded() && held.evident()) {
                actions.add(new RunUntil(vmId, endMs));
            }
        });
        return actions;
    }

    /**
     * This host may run the VM from now on, if its permit allows: on an answer of the ledger, or as a migration's target.
     * An answer that is older than what is known here changes nothing, see {@link #isOwned}.
     *
     * @param epoch of the record, and for a target that of the source
     * @param guarded whether it needs a permit
     * @param askedIn the {@link #period} in which the answered read was sent, or the answered command for the first
     *     time, or room was reserved; {@link #NEVER} where nobody noted it, which costs a read, and for
     *     {@code AlreadyDecided}, which tells of a decision that may be older than the period and not the last
     */
    public List<PermitAction> hold(String vmId, long epoch, Role role, boolean guarded, long askedIn, long nowMs) {
        List<PermitAction> actions = expired(nowMs);
        Held before = vms.get(vmId);
        if (wasGivenUp(vmId, epoch) || (before != null && before.epoch() > epoch)) {
            // A late answer about what has changed hands since.
            return actions;
        }
        if (before != null && before.isOutdatedAt(epoch)) {
            actions.add(new GiveUp(vmId, "what is here is of epoch " + before.epoch() + ", it is owned at " + epoch));
        }
        boolean evident = valid && askedIn == period;
        vms.put(vmId, new Held(epoch, role, guarded, evident));
        if (!guarded) {
            actions.add(new RunUntil(vmId, FOREVER));
        } else if (evident) {
            actions.add(new RunUntil(vmId, endMs));
        } else if (valid) {
            actions.add(new Read(vmId, period));
        }
        return actions;
    }

    /** What was held under that epoch is so no more, by this host's own doing: a stop, a migration that ended elsewhere. */
    public void release(String vmId, long epoch) {
        Held held = vms.get(vmId);
        if (held != null && held.epoch() == epoch) {
            vms.remove(vmId);
        }
    }

    /**
     * What was held for migrations to this host that nobody drives any more is so no longer.
     *
     * @param driven says of a VM whether somebody does, or the ledger is still asked how its migration ended
     */
    public void releaseTargets(Predicate<String> driven) {
        vms.entrySet().removeIf(held -> held.getValue().role() == Role.TARGET && !driven.test(held.getKey()));
    }

    /** A migration took the VM away from that epoch: no answer that was asked for before can bring it back. */
    public void handedOver(String vmId, long epoch) {
        release(vmId, epoch);
        givenUp.merge(vmId, epoch, Math::max);
    }

    /**
     * A {@link Read} was answered.
     *
     * @param askedIn its period
     */
    public List<PermitAction> read(String vmId, long askedIn, Optional<VmRecord> record, long nowMs) {
        List<PermitAction> actions = expired(nowMs);
        Held held = vms.get(vmId);
        if (held == null || !valid || askedIn != period) {
            return actions;
        }
        long epoch = record.map(VmRecord::epoch).orElse(Long.MAX_VALUE);
        if (epoch < held.epoch()) {
            // Asked before the change of owner that brought the VM here.
            return actions;
        }
        if (record.isPresent() && isOwn(held, record.get())) {
            vms.put(vmId, held.with(true));
            actions.add(new RunUntil(vmId, held.guarded() ? endMs : FOREVER));
        } else if (held.role() == Role.OWNER || epoch > held.epoch()) {
            vms.remove(vmId);
            givenUp.merge(vmId, held.epoch(), Math::max);
            actions.add(new GiveUp(vmId, describe(record)));
        }
        // A target whose Prepare is not recorded may still become one: its migration says when it is over.
        return actions;
    }

    private boolean isOwn(Held held, VmRecord record) {
        PreparedMigration prepared = record.prepared();
        return switch (held.role()) {
            case OWNER -> record.owner().equals(self) && record.epoch() == held.epoch();
            case TARGET ->
                record.epoch() == held.epoch()
                        ? prepared != null && prepared.target().equals(self)
                        : record.owner().equals(self) && record.epoch() == held.epoch() + 1;
        };
    }

    private static String describe(Optional<VmRecord> record) {
        return record.map(vm -> "the ledger gives it to host \"" + vm.owner().hostId() + "\" (incarnation "
                        + vm.owner().incarnation() + ") at epoch " + vm.epoch())
                .orElse("the ledger has no such VM");
    }

    private List<PermitAction> expired(long nowMs) {
        List<PermitAction> actions = new ArrayList<>();
        if (valid && nowMs >= endMs) {
            valid = false;
            vms.replaceAll((vmId, held) -> held.with(false));
            vms.forEach((vmId, held) -> {
                if (held.guarded()) {
                    actions.add(new Pause(vmId));
                }
            });
        }
        return actions;
    }

    private void readAgain(List<PermitAction> actions) {
        if (valid) {
            vms.forEach((vmId, held) -> {
                if (!held.evident()) {
                    actions.add(new Read(vmId, period));
                }
            });
        }
    }
}
