package io.godwit.control.switchover;

import static io.godwit.control.switchover.MigrationStatus.ACTIVE;
import static io.godwit.control.switchover.MigrationStatus.CANCELLED;
import static io.godwit.control.switchover.MigrationStatus.CANCELLING;
import static io.godwit.control.switchover.MigrationStatus.COMPLETED;
import static io.godwit.control.switchover.MigrationStatus.DEVICE;
import static io.godwit.control.switchover.MigrationStatus.FAILED;
import static io.godwit.control.switchover.MigrationStatus.NONE;
import static io.godwit.control.switchover.MigrationStatus.PRE_SWITCHOVER;
import static io.godwit.control.switchover.MigrationStatus.SETUP;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The source's half of one migration. Not thread-safe: one actor owns it.
 *
 * <pre>
 * NEW → ADMISSION → STARTING → ROUNDS → PREPARING → PAUSING ──────→ SENDING → AWAITING_READY → GO_SENT → CONFIRMING → ENDED
 *                                           │           ├─→ HELD ─────┤              │             │
 *                                           └───────────┴─────┴───────┴──────────────┴→ ABORTING ⇠┤
 *                                                                                                  └→ ASKING_COMMIT
 * </pre>
 *
 * <p>{@code HELD} is there where an operator wants to be asked: {@code Prepared} is recorded, the guest stands paused,
 * and nothing of its rest is sent before {@link SourceEvent.Continue}. It may be held for as long as anybody likes, and
 * cancelled.
 *
 * <p>{@code ABORTING} is reached from {@code GO_SENT} and {@code ASKING_COMMIT} only on the target's word that it
 * refused {@code Go}: then nobody runs the guest, and asking for {@code Abort} keeps the one whole copy of it.
 */
public final class SourceSwitchover {
    /** What a held migration waits for. */
    public static final String OPERATOR = "an operator to continue, the guest paused";

    private enum State {
        NEW(NONE),
        ADMISSION(SETUP),
        STARTING(SETUP),
        ROUNDS(ACTIVE),
        /** {@code Prepare} is asked for; rounds go on. */
        PREPARING(ACTIVE),
        /** {@code Prepare} is recorded; rounds go on until the rest fits again, then the guest is paused. */
        PAUSING(ACTIVE),
        /** Paused, until an operator says to go on. */
        HELD(PRE_SWITCHOVER),
        SENDING(DEVICE),
        AWAITING_READY(DEVICE),
        /** The right to abort is spent. */
        GO_SENT(DEVICE),
        /** {@code Go} may have been lost: the ledger decides. */
        ASKING_COMMIT(DEVICE),
        /** The target runs; only the ledger's record of it is outstanding. */
        CONFIRMING(COMPLETED),
        /** {@code Abort} is asked for; {@code Go} is never sent from here. */
        ABORTING(DEVICE),
        ENDED(FAILED);

        private final MigrationStatus status;

        State(MigrationStatus status) {
            this.status = status;
        }
    }

    private final String migrationId;
    private final String vmId;
    private final long epoch;
    private final HostIdentity source;
    private final SwitchoverTimers timers;
    private final boolean holds;

    private State state = State.NEW;
    private MigrationStatus status = NONE;
    private @Nullable HostIdentity target;
    private @Nullable LedgerCommand asked;
    private boolean ledgerReachable = true;
    private boolean engineOn;

    /** The engine may pause the guest from now on, whether it was heard to do so or not. */
    private boolean pauseOrdered;

    /** The engine was heard to pause the guest. */
    private boolean guestPausing;

    private MigrationStatus endingAs = FAILED;
    private String detail = "";

    /**
     * @param epoch the VM's epoch in the ledger while {@code source} owns it
     * @param holds whether it waits, the guest paused, for an operator before it switches over
     */
    public SourceSwitchover(
            String migrationId, String vmId, long epoch, HostIdentity source, SwitchoverTimers timers, boolean holds) {
        this.migrationId = migrationId;
        this.vmId = vmId;
        this.epoch = epoch;
        this.source = source;
        this.timers = timers;
        this.holds = holds;
    }

    public MigrationStatus status() {
        return status;
    }

    /** Why it ended, or the last thing worth telling; empty if nothing. */
    public String detail() {
        return detail;
    }

    /** Whether nothing more will be asked of the shell; a completed migration may still be confirming its commit. */
    public boolean finished() {
        return state == State.ENDED;
    }

    /** Whether {@link SourceEvent.Cancel} can still end it: not once {@code Go} was sent or it is ending anyway. */
    public boolean cancellable() {
        return switch (state) {
            case NEW, ADMISSION, STARTING, ROUNDS, PREPARING, PAUSING, HELD, SENDING, AWAITING_READY -> true;
            case GO_SENT, ASKING_COMMIT, CONFIRMING, ABORTING, ENDED -> false;
        };
    }

    /** Whether it waits for {@link SourceEvent.Continue}. */
    public boolean isHeld() {
        return state == State.HELD;
    }

    /** What it waits for, for operators; empty once finished. */
    public String waitingFor() {
        return switch (state) {
            case NEW -> "its start";
            case ADMISSION -> "the target host's admission";
            case STARTING -> "the first round";
            case ROUNDS -> "convergence";
            case PREPARING -> ledgerWait("to record Prepare");
            case PAUSING -> guestPausing ? "the guest to pause" : "the rest to fit the downtime limit again";
            case HELD -> OPERATOR;
            case SENDING -> "the last pages to go out";
            case AWAITING_READY -> "the target to be ready";
            case GO_SENT -> "the target to say that it runs";
            case ASKING_COMMIT -> ledgerWait("to decide, the guest paused");
            case CONFIRMING -> ledgerWait("to record Commit");
            case ABORTING -> ledgerWait("to record Abort, the guest " + (guestPausing ? "paused" : "running here"));
            case ENDED -> "";
        };
    }

    private String ledgerWait(String what) {
        return "the ledger " + what + (ledgerReachable ? "" : " (out of reach)");
    }

    /** Takes an event; the actions are to be carried out in order. Events that mean nothing now give none. */
    public List<SourceAction> on(SourceEvent event) {
        if (event instanceof SourceEvent.Start) {
            return start();
        } else if (event instanceof SourceEvent.Reserved reserved) {
            return reserved(reserved.target());
        } else if (event instanceof SourceEvent.AdmissionRefused refused) {
            return admissionRefused(refused);
        } else if (event instanceof SourceEvent.EngineActive) {
            return engineActive();
        } else if (event instanceof SourceEvent.Converged) {
            return converged();
        } else if (event instanceof SourceEvent.Pausing) {
            return pausing();
        } else if (event instanceof SourceEvent.Paused) {
            return paused();
        } else if (event instanceof SourceEvent.Continue) {
            return goOn();
        } else if (event instanceof SourceEvent.FinalSent) {
            return finalSent();
        } else if (event instanceof SourceEvent.EngineFailed failed) {
            return sideFailed(failed.reason());
        } else if (event instanceof SourceEvent.TargetReady ready) {
            return targetReady(ready.verification());
        } else if (event instanceof SourceEvent.TargetRunning) {
            return targetRunning();
        } else if (event instanceof SourceEvent.TargetFailed failed) {
            return targetFailed(failed.reason());
        } else if (event instanceof SourceEvent.TargetLost lost) {
            return targetLost(lost.reason());
        } else if (event instanceof SourceEvent.Cancel cancel) {
            return cancel(cancel.reason());
        } else if (event instanceof SourceEvent.LedgerAnswered answered) {
            return isAsked(answered.requestId()) ? ledgerAnswered(answered.answer()) : List.of();
        } else if (event instanceof SourceEvent.LedgerUnreachable unreachable) {
            return isAsked(unreachable.requestId()) ? ledgerUnreachable() : List.of();
        } else {
            return timerFired(((SourceEvent.TimerFired) event).timer());
        }
    }

    private List<SourceAction> start() {
        if (state != State.NEW) {
            return List.of();
        }
        enter(State.ADMISSION);
        return List.of(new SourceAction.ArmTimer(SourceTimer.SETUP, timers.setupMs()), new SourceAction.AskAdmission());
    }

    private List<SourceAction> reserved(HostIdentity by) {
        return switch (state) {
            case ADMISSION -> {
                target = by;
                enter(State.STARTING);
                engineOn = true;
                yield List.of(new SourceAction.StartEngine());
            }
            // The reservation arrives after its migration was given up.
            case ENDED -> status == COMPLETED ? List.of() : List.of(new SourceAction.DismissTarget(detail));
            case NEW,
                    STARTING,
                    ROUNDS,
                    PREPARING,
                    PAUSING,
                    HELD,
                    SENDING,
                    AWAITING_READY,
                    GO_SENT,
                    ASKING_COMMIT,
                    CONFIRMING,
                    ABORTING -> List.of();
        };
    }

    private List<SourceAction> admissionRefused(SourceEvent.AdmissionRefused refused) {
        if (state != State.ADMISSION) {
            return List.of();
        }
        return end(
                FAILED,
                "the target host refused: " + String.join("; ", refused.reasons()),
                List.of(new SourceAction.CancelTimers()));
    }

    private List<SourceAction> engineActive() {
        if (state != State.STARTING) {
            return List.of();
        }
        enter(State.ROUNDS);
        return List.of(new SourceAction.CancelTimers());
    }

    private List<SourceAction> converged() {
        HostIdentity to = target;
        if (to == null || (state != State.ROUNDS && state != State.STARTING)) {
            return List.of();
        }
        enter(State.PREPARING);
        return List.of(
                new SourceAction.CancelTimers(),
                new SourceAction.ArmTimer(SourceTimer.PREPARE, timers.prepareMs()),
                ask(new LedgerCommand.Prepare(requestId("prepare"), vmId, migrationId, epoch, source, to)));
    }

    /** Also what comes while it ends: the engine may have paused the guest before it was stopped. */
    private List<SourceAction> pausing() {
        if (state == State.PAUSING) {
            enter(State.PAUSING, PRE_SWITCHOVER);
        }
        guestPausing |= state == State.PAUSING || (state == State.ABORTING && pauseOrdered);
        return List.of();
    }

    private List<SourceAction> paused() {
        pausing();
        if (state != State.PAUSING) {
            return List.of();
        }
        if (holds) {
            enter(State.HELD);
            return List.of(new SourceAction.CancelTimers());
        }
        return sendRest();
    }

    private List<SourceAction> goOn() {
        return state == State.HELD ? sendRest() : List.of();
    }

    /** As long as pages go out nothing is late: an operator may have asked for a rest that takes minutes. */
    private List<SourceAction> sendRest() {
        enter(State.SENDING);
        return List.of(new SourceAction.CancelTimers(), new SourceAction.SendRest());
    }

    private List<SourceAction> finalSent() {
        if (state != State.SENDING) {
            return List.of();
        }
        enter(State.AWAITING_READY);
        return List.of(new SourceAction.ArmTimer(SourceTimer.READY, timers.readyMs()));
    }

    /** The engine failed or a deadline before {@code Go} passed. */
    private List<SourceAction> sideFailed(String reason) {
        return switch (state) {
            case NEW, ADMISSION, STARTING, ROUNDS -> endUnprepared(FAILED, reason);
            case PREPARING, PAUSING, HELD, SENDING, AWAITING_READY -> abort(FAILED, reason);
            // The stream has done its work: what is left is between the target and the ledger.
            case GO_SENT, ASKING_COMMIT, CONFIRMING, ABORTING, ENDED -> List.of();
        };
    }

    private List<SourceAction> targetReady(Verification verification) {
        return switch (state) {
            case SENDING, AWAITING_READY -> verification.matches() ? sendGo() : abort(FAILED, mismatch(verification));
            case GO_SENT, ASKING_COMMIT -> List.of(new SourceAction.SendGo());
            case ENDED -> status == COMPLETED ? List.of() : List.of(new SourceAction.DismissTarget(detail));
            // Before the rest was sent nothing can be ready, and an abort that was asked for is not taken back.
            case NEW, ADMISSION, STARTING, ROUNDS, PREPARING, PAUSING, HELD, CONFIRMING, ABORTING -> List.of();
        };
    }

    private static String mismatch(Verification verification) {
        return "the target's machine differs from the source's: " + verification.detail();
    }

    private List<SourceAction> sendGo() {
        enter(State.GO_SENT);
        return List.of(
                new SourceAction.CancelTimers(),
                new SourceAction.SendGo(),
                new SourceAction.ArmTimer(SourceTimer.GO_RESEND, timers.goResendMs()),
                new SourceAction.ArmTimer(SourceTimer.ACKNOWLEDGE, timers.acknowledgeMs()));
    }

    private List<SourceAction> targetRunning() {
        return switch (state) {
            case GO_SENT -> {
                List<SourceAction> actions = released();
                enter(State.CONFIRMING);
                actions.add(ask(commit()));
                yield actions;
            }
            case ASKING_COMMIT -> {
                List<SourceAction> actions = released();
                enter(State.CONFIRMING);
                actions.add(repeat());
                yield actions;
            }
            // It took the commit without Go; have it from the ledger before anything is given up.
            case SENDING, AWAITING_READY -> askCommit();
            case NEW, ADMISSION, STARTING, ROUNDS, PREPARING, PAUSING, HELD, CONFIRMING, ABORTING, ENDED -> List.of();
        };
    }

    private List<SourceAction> targetFailed(String reason) {
        return switch (state) {
            case NEW, ADMISSION, STARTING, ROUNDS -> endUnprepared(FAILED, "the target failed: " + reason);
            case PREPARING, PAUSING, HELD, SENDING, AWAITING_READY, GO_SENT, ASKING_COMMIT ->
                abort(FAILED, "the target failed: " + reason);
            case CONFIRMING, ABORTING, ENDED -> List.of();
        };
    }

    private List<SourceAction> targetLost(String reason) {
        return switch (state) {
            case NEW, ADMISSION, STARTING, ROUNDS -> endUnprepared(FAILED, "the target is lost: " + reason);
            case PREPARING, PAUSING, HELD, SENDING, AWAITING_READY -> abort(FAILED, "the target is lost: " + reason);
            // It may run the guest where it cannot be heard.
            case GO_SENT -> askCommit();
            case ASKING_COMMIT, CONFIRMING, ABORTING, ENDED -> List.of();
        };
    }

    private List<SourceAction> cancel(String reason) {
        return switch (state) {
            case NEW, ADMISSION, STARTING, ROUNDS -> endUnprepared(CANCELLED, reason);
            case PREPARING, PAUSING, HELD, SENDING, AWAITING_READY -> {
                List<SourceAction> actions = abort(CANCELLED, reason);
                status = CANCELLING;
                yield actions;
            }
            case GO_SENT, ASKING_COMMIT, CONFIRMING, ABORTING, ENDED -> List.of();
        };
    }

    private List<SourceAction> timerFired(SourceTimer timer) {
        return switch (timer) {
            case SETUP ->
                state == State.ADMISSION || state == State.STARTING
                        ? endUnprepared(FAILED, "setup took longer than " + timers.setupMs() + " ms")
                        : List.of();
            case PREPARE ->
                state == State.PREPARING
                        ? abort(FAILED, "the ledger did not record Prepare within " + timers.prepareMs() + " ms")
                        : List.of();
            case READY ->
                state == State.AWAITING_READY
                        ? abort(FAILED, "the target was not ready within " + timers.readyMs() + " ms")
                        : List.of();
            case GO_RESEND ->
                state == State.GO_SENT || state == State.ASKING_COMMIT
                        ? List.of(
                                new SourceAction.SendGo(),
                                new SourceAction.ArmTimer(SourceTimer.GO_RESEND, timers.goResendMs()))
                        : List.of();
            case ACKNOWLEDGE -> state == State.GO_SENT ? askCommit() : List.of();
            case LEDGER_RETRY -> asked == null ? List.of() : List.of(repeat());
        };
    }

    private List<SourceAction> ledgerUnreachable() {
        ledgerReachable = false;
        return List.of(new SourceAction.ArmTimer(SourceTimer.LEDGER_RETRY, timers.ledgerRetryMs()));
    }

    private List<SourceAction> ledgerAnswered(LedgerAnswer answer) {
        LedgerCommand command = asked;
        HostIdentity to = target;
        asked = null;
        ledgerReachable = true;
        if (command == null || to == null) {
            return List.of();
        }
        if (state == State.PREPARING) {
            return prepareAnswered(answer);
        }
        return decided(Verdict.of(command, answer, migrationId, source, to, epoch), answer);
    }

    private List<SourceAction> prepareAnswered(LedgerAnswer answer) {
        if (answer instanceof LedgerAnswer.Applied) {
            enter(State.PAUSING);
            pauseOrdered = true;
            // No timer: a guest that dirties more again gets its rounds, and the engine bounds the pause itself.
            return List.of(new SourceAction.CancelTimers(), new SourceAction.Pause());
        }
        return endUnprepared(FAILED, "the ledger did not record Prepare: " + describe(answer));
    }

    /** The ledger's word on who has the VM, in {@code ASKING_COMMIT}, {@code CONFIRMING} or {@code ABORTING}. */
    private List<SourceAction> decided(Verdict verdict, LedgerAnswer answer) {
        boolean released = state == State.CONFIRMING;
        return switch (verdict) {
            case ABORTED ->
                released
                        ? end(FAILED, "the ledger shows Abort, yet the target ran: " + describe(answer), List.of())
                        : aborted();
            case COMMITTED, GONE -> end(COMPLETED, "", released ? List.of() : released());
            case CLAIMED -> end(FAILED, "another host claimed the VM meanwhile", released ? List.of() : released());
            case UNSETTLED ->
                end(
                        FAILED,
                        "the ledger settled nothing, the guest is left as it is: " + describe(answer),
                        List.of(new SourceAction.CancelTimers()));
        };
    }

    private List<SourceAction> aborted() {
        List<SourceAction> actions = new ArrayList<>();
        actions.add(new SourceAction.CancelTimers());
        if (pauseOrdered) {
            actions.add(new SourceAction.ResumeHere());
        }
        String reason = detail.isEmpty() ? "the target gave it up in the ledger" : detail;
        actions.add(new SourceAction.DismissTarget(reason));
        return end(endingAs, reason, actions);
    }

    /** Before {@code Prepare} was asked for, or where the ledger refused it: nothing there needs undoing. */
    private List<SourceAction> endUnprepared(MigrationStatus as, String reason) {
        if (state == State.NEW) {
            return end(as, reason, List.of());
        }
        List<SourceAction> actions = engineStopped();
        actions.add(new SourceAction.DismissTarget(reason));
        return end(as, reason, actions);
    }

    private List<SourceAction> abort(MigrationStatus as, String reason) {
        enter(State.ABORTING, status);
        endingAs = as;
        detail = reason;
        List<SourceAction> actions = engineStopped();
        actions.add(ask(new LedgerCommand.Abort(requestId("abort"), vmId, migrationId)));
        return actions;
    }

    private List<SourceAction> askCommit() {
        enter(State.ASKING_COMMIT);
        return List.of(ask(commit()));
    }

    private LedgerCommand commit() {
        return new LedgerCommand.Commit(requestId("commit"), vmId, migrationId);
    }

    private List<SourceAction> released() {
        List<SourceAction> actions = engineStopped();
        actions.add(new SourceAction.Release());
        return actions;
    }

    private List<SourceAction> engineStopped() {
        List<SourceAction> actions = new ArrayList<>();
        actions.add(new SourceAction.CancelTimers());
        if (engineOn) {
            engineOn = false;
            actions.add(new SourceAction.StopEngine());
        }
        return actions;
    }

    private SourceAction ask(LedgerCommand command) {
        asked = command;
        ledgerReachable = true;
        return new SourceAction.Submit(command);
    }

    private SourceAction repeat() {
        LedgerCommand command = asked;
        return new SourceAction.Submit(command == null ? commit() : command);
    }

    private boolean isAsked(String requestId) {
        return asked != null && asked.requestId().equals(requestId);
    }

    private String requestId(String operation) {
        return migrationId + "/source/" + operation;
    }

    private void enter(State next) {
        enter(next, next.status);
    }

    private void enter(State next, MigrationStatus as) {
        state = next;
        status = as;
    }

    private List<SourceAction> end(MigrationStatus as, String reason, List<SourceAction> actions) {
        enter(State.ENDED, as);
        detail = reason;
        asked = null;
        return List.copyOf(actions);
    }

    private static String describe(LedgerAnswer answer) {
        if (answer instanceof LedgerAnswer.Refused refused) {
            return refused.reason();
        }
        if (answer instanceof LedgerAnswer.AlreadyDecided decided) {
            Decision decision = decided.decision();
            return "migration " + decision.migrationId() + " is "
                    + decision.outcome().name().toLowerCase(Locale.ROOT);
        }
        return "it was applied";
    }
}
