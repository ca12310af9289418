package io.godwit.control.simulation;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.TargetAction;
import io.godwit.control.switchover.TargetEvent;
import io.godwit.control.switchover.TargetSwitchover;
import io.godwit.control.switchover.TargetTimer;
import io.godwit.control.switchover.Verification;
import java.util.List;
import java.util.function.Function;

/** The target's shell. */
final class SimulatedTarget extends SimulatedHost<TargetTimer> {
    static final HostIdentity IDENTITY = new HostIdentity("north", "n1");

    private final TargetSwitchover switchover;
    private final Function<TargetEvent, List<TargetAction>> decide;
    private boolean asked;
    private boolean executing;
    private boolean everRan;
    private boolean whole;
    private boolean broke;
    private boolean discarded;
    private boolean commitAsked;
    private boolean lostReported;
    private int copied;

    SimulatedTarget(World world, TargetSwitchover switchover, Mutant mutant) {
        super(world, Faults.Place.TARGET, TargetTimer.class);
        this.switchover = switchover;
        decide = mutant.target(switchover::on);
    }

    TargetSwitchover switchover() {
        return switchover;
    }

    /** Never asked for admission: it knows nothing of the migration. */
    boolean stranger() {
        return !asked;
    }

    boolean executing() {
        return executing;
    }

    boolean everRan() {
        return everRan;
    }

    /** Restored and verified, not discarded, not broken. */
    boolean hasWholeMachine() {
        return whole;
    }

    /** Its machine broke by itself after it was ready, as if the host had died. */
    boolean broke() {
        return broke;
    }

    boolean commitAsked() {
        return commitAsked;
    }

    boolean lostReported() {
        return lostReported;
    }

    void askedForAdmission() {
        if (!asked) {
            asked = true;
            on(new TargetEvent.Start());
        }
        world.send(place, Faults.Place.SOURCE, () -> world.source().on(new SourceEvent.Reserved(IDENTITY)));
    }

    void finalArrived(int runsAtSource) {
        if (!discarded) {
            copied = runsAtSource;
            on(new TargetEvent.FinalReceived());
        }
    }

    void streamEnded() {
        on(new TargetEvent.SourceGone("the stream ended"));
    }

    void breakMachine() {
        if (executing) {
            return;
        }
        broke |= whole;
        whole = false;
        on(new TargetEvent.Failed("the machine broke"));
    }

    void on(TargetEvent event) {
        if (!asked) {
            return;
        }
        world.trace(place, event.toString());
        for (TargetAction action : decide.apply(event)) {
            if (!alive()) {
                return;
            }
            world.trace(place, "    " + action);
            carryOut(action);
            world.check();
        }
    }

    private void carryOut(TargetAction action) {
        if (action instanceof TargetAction.RestoreAndVerify) {
            restore();
        } else if (action instanceof TargetAction.SendReady ready) {
            world.send(
                    place,
                    Faults.Place.SOURCE,
                    () -> world.source().on(new SourceEvent.TargetReady(ready.verification())));
        } else if (action instanceof TargetAction.RunMachine) {
            run();
        } else if (action instanceof TargetAction.SendRunning) {
            world.send(place, Faults.Place.SOURCE, () -> world.source().on(new SourceEvent.TargetRunning()));
        } else if (action instanceof TargetAction.SendFailed failed) {
            world.send(
                    place, Faults.Place.SOURCE, () -> world.source().on(new SourceEvent.TargetFailed(failed.reason())));
        } else if (action instanceof TargetAction.Submit submit) {
            commitAsked |= submit.command() instanceof LedgerCommand.Commit;
            submit(submit.command());
        } else if (action instanceof TargetAction.DiscardMachine) {
            world.require(!executing, "the target discarded a guest that runs");
            whole = false;
            discarded = true;
        } else if (action instanceof TargetAction.StopMachine stop) {
            throw new Violation("the target had to stop its guest: " + stop.reason());
        } else if (action instanceof TargetAction.ReportLost) {
            lostReported = true;
        } else if (action instanceof TargetAction.ArmTimer timer) {
            arm(timer.timer(), timer.delayMs());
        } else {
            cancelTimers();
        }
    }

    private void restore() {
        boolean fails = world.faults().happens(0.03);
        boolean matches = !world.faults().happens(0.03);
        local(1 + world.faults().upTo(10), () -> {
            if (discarded) {
                return;
            } else if (fails) {
                on(new TargetEvent.Failed("a device state was refused"));
            } else {
                whole = matches;
                on(new TargetEvent.Restored(new Verification(matches, "counts and checksums")));
            }
        });
    }

    private void run() {
        world.require(whole, "the target ran a machine that is not whole");
        world.require(copied == world.source().runs(), "the target ran a copy older than the source's guest");
        everRan = true;
        executing = true;
        local(1, () -> on(new TargetEvent.Running()));
    }

    @Override
    protected void died() {
        executing = false;
        whole = false;
        world.targetDied();
    }

    @Override
    protected void fired(TargetTimer timer) {
        on(new TargetEvent.TimerFired(timer));
    }

    @Override
    protected void ledgerAnswered(String requestId, LedgerAnswer answer) {
        on(new TargetEvent.LedgerAnswered(requestId, answer));
    }

    @Override
    protected void ledgerUnreachable(String requestId) {
        on(new TargetEvent.LedgerUnreachable(requestId, "no answer"));
    }
}
