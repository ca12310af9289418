package io.godwit.actors.ledger;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitGrantor;
import io.godwit.control.permit.PermitGrantor.ClaimVerdict;
import io.godwit.control.permit.PermitGrantor.Receipt;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A voter's part in run permits: {@link PermitGrantor} with the voter's clock, what Raft says of the voter, and the rounds
 * that confirm it.
 *
 * <p>Ratis tells of elections from several threads and not always in order, so its events are only occasions to look:
 * what counts is the role and term that it has then. A term that was led and lost is never led again here.
 *
 * <p>This monitor is the grantor's one lock. It may be taken under those of the log and of the state machine, and nothing
 * of Ratis' that locks is called under it.
 */
final class VoterPermits implements AutoCloseable {
    private static final long NO_TERM = -1;

    /** How this voter stands in Raft, from fields that are read without a lock. */
    interface Standing {
        long term();

        boolean leads();

        /** It has applied an entry of its own term, if it leads. */
        boolean isReady();

        Optional<String> leaderId();
    }

    /** A term in which this voter leads, and when it was ready. */
    record Led(long term, long sinceMs) {}

    private final PermitGrantor grantor;
    private final LongSupplier clockMs;
    private final TermRounds rounds;
    private final Consumer<String> heard;
    private final Map<String, HostIdentity> lives = new TreeMap<>();
    private @Nullable Standing standing;
    private long ledTerm = NO_TERM;
    private long lastLedTerm = NO_TERM;
    private long ledSinceMs;

    /**
     * @param clockMs {@code CLOCK_BOOTTIME}, in ms
     * @param heard is told of each host that asks for a permit while this voter leads: a voter among them that was away
     *     answers questions again
     */
    VoterPermits(PermitTimes times, LongSupplier clockMs, TermRounds rounds, Consumer<String> heard) {
        this.grantor = new PermitGrantor(times);
        this.clockMs = clockMs;
        this.rounds = rounds;
        this.heard = heard;
    }

    /** Nothing is granted before this. */
    synchronized void serve(Standing started) {
        standing = started;
        look();
    }

    /** Something of the voter's role may have changed. */
    synchronized void look() {
        if (standing == null) {
            return;
        }
        long term = standing.term();
        boolean leads = standing.leads();
        if (ledTerm != NO_TERM && (!leads || term != ledTerm)) {
            ledTerm = NO_TERM;
            lives.clear();
            grantor.leadsNoMore();
        }
        if (ledTerm == NO_TERM && leads && standing.isReady() && term > lastLedTerm) {
            ledTerm = term;
            lastLedTerm = term;
            ledSinceMs = clockMs.getAsLong();
            grantor.leads(term, ledSinceMs);
        }
    }

    CompletableFuture<VoterMessage> answer(VoterMessage question) {
        if (question instanceof VoterMessage.Renew renew) {
            return renew(renew.renewal());
        } else if (question instanceof VoterMessage.AskTerm) {
            return askedForTerm();
        }
        return CompletableFuture.failedFuture(
                new LedgerUnavailableException("a voter is not asked for " + question, null));
    }

    private synchronized CompletableFuture<VoterMessage> askedForTerm() {
        return standing == null
                ? CompletableFuture.failedFuture(new LedgerUnavailableException("this voter is starting", null))
                : CompletableFuture.completedFuture(new VoterMessage.Term(standing.term()));
    }

    /**
     * Whether this voter leads: empty when a majority was not past its term after this call, so that it has applied all
     * that was answered to anybody before; else where to ask.
     */
    CompletableFuture<Optional<VoterMessage>> refusal() {
        return led().thenApply(led -> led.isPresent() ? Optional.empty() : Optional.of(notLeading()));
    }

    /** The term in which this voter leads, where a majority was not past it after this call; else empty. */
    CompletableFuture<Optional<Led>> led() {
        Optional<Led> led = presumablyLed();
        return led.isEmpty()
                ? CompletableFuture.completedFuture(led)
                : rounds.confirm(led.get().term())
                        .thenApply(majority -> led.filter(now -> majority && leads(now.term())));
    }

    /** The same without asking anybody: a later leader may be there already. */
    synchronized Optional<Led> presumablyLed() {
        look();
        return ledTerm == NO_TERM ? Optional.empty() : Optional.of(new Led(ledTerm, ledSinceMs));
    }

    private synchronized boolean leads(long term) {
        look();
        return ledTerm == term;
    }

    private CompletableFuture<VoterMessage> renew(Renewal renewal) {
        Optional<Receipt> receipt;
        synchronized (this) {
            look();
            if (ledTerm == NO_TERM) {
                return CompletableFuture.completedFuture(notLeading());
            }
            lives.put(renewal.host().hostId(), renewal.host());
            receipt = grantor.received(renewal);
        }
        heard.accept(renewal.host().hostId());
        return receipt.isEmpty()
                ? CompletableFuture.completedFuture(new VoterMessage.NotGranted())
                : rounds.confirm(receipt.get().term())
                        .thenApply(majority -> majority ? release(receipt.get()) : new VoterMessage.NotLeading(""));
    }

    private synchronized VoterMessage release(Receipt receipt) {
        look();
        Optional<Grant> grant = grantor.confirmed(receipt, clockMs.getAsLong());
        if (grant.isPresent()) {
            return new VoterMessage.Granted(grant.get());
        }
        return ledTerm == NO_TERM ? notLeading() : new VoterMessage.NotGranted();
    }

    synchronized VoterMessage notLeading() {
        Optional<String> leader = standing == null || standing.leads() ? Optional.empty() : standing.leaderId();
        return new VoterMessage.NotLeading(leader.orElse(""));
    }

    /**
     * The last check of a claim, under the lock of the log: its entry follows, in the term that Raft has now.
     *
     * @throws EarlyClaimException if it must not be appended
     */
    synchronized void beforeAppend(Claim claim, @Nullable VmRecord vm) throws EarlyClaimException {
        look();
        ClaimVerdict verdict = grantor.beforeAppend(claim, vm, clockMs.getAsLong());
        if (verdict instanceof ClaimVerdict.Refused refused) {
            throw EarlyClaimException.of(refused);
        }
    }

    synchronized void settled(Claim claim) {
        grantor.settled(claim);
    }

    /** The term in which this voter leads and is ready; empty if it does not. */
    synchronized Optional<Long> ledTerm() {
        look();
        return ledTerm == NO_TERM ? Optional.empty() : Optional.of(ledTerm);
    }

    /** The last life of each host that asked for a permit in this term. */
    synchronized List<HostIdentity> lives() {
        return List.copyOf(lives.values());
    }

    synchronized LeaderView.Contact contact(HostIdentity host) {
        long nowMs = clockMs.getAsLong();
        if (grantor.isHeard(host, nowMs)) {
            return LeaderView.Contact.HEARD;
        }
        return grantor.mayHoldPermit(host, nowMs) ? LeaderView.Contact.UNCERTAIN : LeaderView.Contact.SILENT;
    }

    @Override
    public void close() {
        rounds.close();
    }
}
