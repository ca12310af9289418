package io.godwit.control.switchover;

import static io.godwit.control.switchover.MigrationStatus.ACTIVE;
import static io.godwit.control.switchover.MigrationStatus.CANCELLED;
import static io.godwit.control.switchover.MigrationStatus.CANCELLING;
import static io.godwit.control.switchover.MigrationStatus.COMPLETED;
import static io.godwit.control.switchover.MigrationStatus.DEVICE;
import static io.godwit.control.switchover.MigrationStatus.FAILED;
import static io.godwit.control.switchover.MigrationStatus.NONE;
import static io.godwit.control.switchover.MigrationStatus.SETUP;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target's half of one migration, from the reservation on. Not thread-safe: one actor owns it.
 *
 * <pre>
 * NEW → RESERVED → RECEIVING → RESTORING → READY → RUNNING → ENDED
 *           └──────────┴───────────┴────────┤  └→ ASKING_COMMIT ⇢ RUNNING or ENDED
 *                                           └→ ABORTING ⇢ ENDED
 * </pre>
 *
 * <p>{@code ABORTING} keeps a machine that was {@code Ready} until the ledger shows {@code ABORTED}: the source may have
 * asked for {@code Commit} first and then this is the only copy. It runs only if the ledger says so.
 */
public final class TargetSwitchover {
    private enum State {
        NEW(NONE),
        RESERVED(SETUP),
        RECEIVING(ACTIVE),
        RESTORING(DEVICE),
        READY(DEVICE),
        /** No {@code Go} came; it is still obeyed if it comes. */
        ASKING_COMMIT(DEVICE),
        /** {@code Commit} is asked for behind it. */
        RUNNING(COMPLETED),
        /** {@code Abort} is asked for; {@code Go} is refused. */
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
    private final HostIdentity target;
    private final SwitchoverTimers timers;

    private State state = State.NEW;
    private MigrationStatus status = NONE;
    private @Nullable LedgerCommand asked;
    private boolean ledgerReachable = true;
    /** Restored, verified and not discarded. */
    private @Nullable Verification whole;

    private boolean ran;
    private boolean runsNow;
    private MigrationStatus endingAs = FAILED;
    private String detail = "";

    /** @param epoch the VM's epoch in the ledger while {@code source} owns it */
    public TargetSwitchover(
            String migrationId,
            String vmId,
            long epoch,
            HostIdentity source,
            HostIdentity target,
            SwitchoverTimers timers) {
        this.migrationId = migrationId;
        this.vmId = vmId;
        this.epoch = epoch;
        this.source = source;
        this.target = target;
        this.timers = timers;
    }

    public MigrationStatus status() {
        return status;
    }

    /** Why it ended, or the last thing worth telling; empty if nothing. */
    public String detail() {
        return detail;
    }

    /** Whether nothing more will be asked of the shell; it may still answer late messages of the source. */
    public boolean finished() {
        return state == State.ENDED;
    }

    /** Whether {@link TargetEvent.Cancel} can still end it here: not once it is {@code Ready}. */
    public boolean cancellable() {
        return switch (state) {
            case NEW, RESERVED, RECEIVING, RESTORING -> true;
            case READY, ASKING_COMMIT, RUNNING, ABORTING, ENDED -> false;
        };
    }

    /** What it waits for, for operators; empty once finished. */
    public String waitingFor() {
        return switch (state) {
            case NEW -> "its start";
            case RESERVED -> "the first frame";
            case RECEIVING -> "the rest of the pages";
            case RESTORING -> "the machine to be restored and verified";
            case READY -> "the source's Go";
            case ASKING_COMMIT -> ledgerWait("to decide, the guest paused");
            case RUNNING -> ledgerWait("to record Commit");
            case ABORTING -> ledgerWait("to record Abort");
            case ENDED -> "";
        };
    }

    private String ledgerWait(String what) {
        return "the ledger " + what + (ledgerReachable ? "" : " (out of reach)");
    }

    /** Takes an event; the actions are to be carried out in order. Events that mean nothing now give none. */
    public List<TargetAction> on(TargetEvent event) {
        if (event instanceof TargetEvent.Start) {
            return start();
        } else if (event instanceof TargetEvent.StreamActive) {
            return streamActive();
        } else if (event instanceof TargetEvent.FinalReceived) {
            return finalReceived();
        } else if (event instanceof TargetEvent.Restored restored) {
            return restored(restored.verification());
        } else if (event instanceof TargetEvent.Failed failed) {
            return failed(failed.reason());
        } else if (event instanceof TargetEvent.Go) {
            return go();
        } else if (event instanceof TargetEvent.Running) {
            return running();
        } else if (event instanceof TargetEvent.Dismissed dismissed) {
            return dismissed(dismissed.reason());
        } else if (event instanceof TargetEvent.SourceGone gone) {
            return sourceGone(gone.reason());
        } else if (event instanceof TargetEvent.Cancel cancel) {
            return cancel(cancel.reason());
        } else if (event instanceof TargetEvent.LedgerAnswered answered) {
            return isAsked(answered.requestId()) ? ledgerAnswered(answered.answer()) : List.of();
        } else if (event instanceof TargetEvent.LedgerUnreachable unreachable) {
            return isAsked(unreachable.requestId()) ? ledgerUnreachable() : List.of();
        } else {
            return timerFired(((TargetEvent.TimerFired) event).timer());
        }
    }

    private List<TargetAction> start() {
        if (state != State.NEW) {
            return List.of();
        }
        enter(State.RESERVED);
        return List.of(new TargetAction.ArmTimer(TargetTimer.STREAM, timers.streamMs()));
    }

    private List<TargetAction> streamActive() {
        if (state != State.RESERVED) {
            return List.of();
        }
        enter(State.RECEIVING);
        return List.of(new TargetAction.CancelTimers());
    }

    private List<TargetAction> finalReceived() {
        return switch (state) {
            case RESERVED, RECEIVING -> {
                enter(State.RESTORING);
                yield List.of(new TargetAction.CancelTimers(), new TargetAction.RestoreAndVerify());
            }
            case NEW, RESTORING, READY, ASKING_COMMIT, RUNNING, ABORTING, ENDED -> List.of();
        };
    }

    private List<TargetAction> restored(Verification verification) {
        if (state != State.RESTORING) {
            return List.of();
        }
        if (!verification.matches()) {
            return failed("the restored machine differs from the source's: " + verification.detail());
        }
        enter(State.READY);
        whole = verification;
        return List.of(
                new TargetAction.SendReady(verification),
                new TargetAction.ArmTimer(TargetTimer.READY_RESEND, timers.readyResendMs()),
                new TargetAction.ArmTimer(TargetTimer.GO, timers.goMs()));
    }

    /** The machine here is useless: nothing keeps it, and {@code Go} is refused from now on. */
    private List<TargetAction> failed(String reason) {
        return switch (state) {
            case NEW, RESERVED, RECEIVING, RESTORING, READY, ASKING_COMMIT -> abort(FAILED, reason, false);
            case ABORTING -> {
                boolean hadMachine = whole != null;
                whole = null;
                yield hadMachine ? List.of(new TargetAction.DiscardMachine()) : List.of();
            }
            // A guest that runs and breaks is its VM's business, not the migration's.
            case RUNNING, ENDED -> List.of();
        };
    }

    private List<TargetAction> go() {
        return switch (state) {
            case READY -> {
                List<TargetAction> actions = run();
                actions.add(ask(commit()));
                yield actions;
            }
            case ASKING_COMMIT -> run();
            case RUNNING -> runsNow ? List.of(new TargetAction.SendRunning()) : List.of();
            case ABORTING -> List.of(new TargetAction.SendFailed(detail));
            case ENDED -> ran ? List.of(new TargetAction.SendRunning()) : List.of(new TargetAction.SendFailed(detail));
            // Go answers Ready, which was never sent.
            case NEW, RESERVED, RECEIVING, RESTORING -> List.of();
        };
    }

    private List<TargetAction> run() {
        enter(State.RUNNING);
        ran = true;
        List<TargetAction> actions = new ArrayList<>();
        actions.add(new TargetAction.RunMachine());
        actions.add(new TargetAction.CancelTimers());
        if (!ledgerReachable) {
            actions.add(new TargetAction.ArmTimer(TargetTimer.LEDGER_RETRY, timers.ledgerRetryMs()));
        }
        return actions;
    }

    private List<TargetAction> running() {
        boolean first = ran && !runsNow;
        runsNow = ran;
        return first && status == COMPLETED ? List.of(new TargetAction.SendRunning()) : List.of();
    }

    private List<TargetAction> dismissed(String reason) {
        return switch (state) {
            case NEW, RESERVED, RECEIVING, RESTORING ->
                end(
                        FAILED,
                        "the source ended it: " + reason,
                        List.of(new TargetAction.CancelTimers(), new TargetAction.DiscardMachine()));
            // Only the ledger's word makes a ready machine worthless.
            case READY -> abort(FAILED, "the source ended it: " + reason, true);
            case ASKING_COMMIT, RUNNING, ABORTING, ENDED -> List.of();
        };
    }

    private List<TargetAction> sourceGone(String reason) {
        return switch (state) {
            case NEW, RESERVED, RECEIVING, RESTORING -> abort(FAILED, "the source is gone: " + reason, false);
            case READY -> askCommit();
            case ASKING_COMMIT, RUNNING, ABORTING, ENDED -> List.of();
        };
    }

    /** A ready machine may be the only copy, its source dead and nobody told yet: only the source cancels then. */
    private List<TargetAction> cancel(String reason) {
        return cancellable() ? abort(CANCELLED, reason, false) : List.of();
    }

    private List<TargetAction> timerFired(TargetTimer timer) {
        return switch (timer) {
            case STREAM ->
                state == State.RESERVED
                        ? abort(FAILED, "no frame came within " + timers.streamMs() + " ms", false)
                        : List.of();
            case READY_RESEND -> resendReady();
            case GO -> state == State.READY ? askCommit() : List.of();
            case LEDGER_RETRY -> asked == null ? List.of() : List.of(new TargetAction.Submit(asked));
        };
    }

    private List<TargetAction> resendReady() {
        Verification verification = whole;
        if (verification == null || (state != State.READY && state != State.ASKING_COMMIT)) {
            return List.of();
        }
        return List.of(
                new TargetAction.SendReady(verification),
                new TargetAction.ArmTimer(TargetTimer.READY_RESEND, timers.readyResendMs()));
    }

    private List<TargetAction> ledgerUnreachable() {
        ledgerReachable = false;
        return List.of(new TargetAction.ArmTimer(TargetTimer.LEDGER_RETRY, timers.ledgerRetryMs()));
    }

    private List<TargetAction> ledgerAnswered(LedgerAnswer answer) {
        LedgerCommand command = asked;
        asked = null;
        ledgerReachable = true;
        if (command == null) {
            return List.of();
        }
        Verdict verdict = Verdict.of(command, answer, migrationId, source, target, epoch);
        return switch (state) {
            case ASKING_COMMIT ->
                verdict == Verdict.COMMITTED
                        ? runCommitted()
                        : endDiscarding(FAILED, "the source is gone and the ledger says: " + describe(verdict));
            case RUNNING ->
                verdict == Verdict.COMMITTED
                        ? end(COMPLETED, "", List.of(new TargetAction.CancelTimers()))
                        : stop("the guest runs on the source's Go, but the ledger says: " + describe(verdict));
            case ABORTING -> verdict == Verdict.COMMITTED ? committedAgainstAbort() : endDiscarding(endingAs, detail);
            case NEW, RESERVED, RECEIVING, RESTORING, READY, ENDED -> List.of();
        };
    }

    private static String describe(Verdict verdict) {
        return switch (verdict) {
            case COMMITTED -> "committed";
            case ABORTED -> "aborted";
            case CLAIMED -> "another host claimed the VM";
            case GONE -> "the VM was deleted or has moved on";
            case UNSETTLED -> "nothing about this migration";
        };
    }

    private List<TargetAction> runCommitted() {
        List<TargetAction> actions = run();
        return end(COMPLETED, "", actions);
    }

    /** The source asked for {@code Commit} before this side's {@code Abort} was recorded: the VM is this host's. */
    private List<TargetAction> committedAgainstAbort() {
        if (whole != null) {
            return runCommitted();
        }
        String reason = "the ledger gave this host the VM, but its memory did not arrive whole: " + detail;
        return end(FAILED, reason, List.of(new TargetAction.CancelTimers(), new TargetAction.ReportLost(reason)));
    }

    private List<TargetAction> stop(String reason) {
        return end(FAILED, reason, List.of(new TargetAction.CancelTimers(), new TargetAction.StopMachine(reason)));
    }

    private List<TargetAction> endDiscarding(MigrationStatus as, String reason) {
        List<TargetAction> actions = new ArrayList<>();
        actions.add(new TargetAction.CancelTimers());
        if (whole != null) {
            whole = null;
            actions.add(new TargetAction.DiscardMachine());
        }
        return end(as, reason, actions);
    }

    private List<TargetAction> abort(MigrationStatus as, String reason, boolean keepMachine) {
        enter(State.ABORTING, as == CANCELLED ? CANCELLING : status);
        endingAs = as;
        detail = reason;
        List<TargetAction> actions = new ArrayList<>();
        actions.add(new TargetAction.CancelTimers());
        actions.add(new TargetAction.SendFailed(reason));
        if (!keepMachine) {
            whole = null;
            actions.add(new TargetAction.DiscardMachine());
        }
        actions.add(ask(new LedgerCommand.Abort(requestId("abort"), vmId, migrationId)));
        return actions;
    }

    private List<TargetAction> askCommit() {
        enter(State.ASKING_COMMIT);
        return List.of(ask(commit()));
    }

    private LedgerCommand commit() {
        return new LedgerCommand.Commit(requestId("commit"), vmId, migrationId);
    }

    private TargetAction ask(LedgerCommand command) {
        asked = command;
        ledgerReachable = true;
        return new TargetAction.Submit(command);
    }

    private boolean isAsked(String requestId) {
        return asked != null && asked.requestId().equals(requestId);
    }

    private String requestId(String operation) {
        return migrationId + "/target/" + operation;
    }

    private void enter(State next) {
        enter(next, next.status);
    }

    private void enter(State next, MigrationStatus as) {
        state = next;
        status = as;
    }

    private List<TargetAction> end(MigrationStatus as, String reason, List<TargetAction> actions) {
        enter(State.ENDED, as);
        detail = reason;
        asked = null;
        return List.copyOf(actions);
    }
}
