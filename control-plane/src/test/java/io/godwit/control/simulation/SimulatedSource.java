package io.godwit.control.simulation;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.switchover.SourceAction;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.SourceSwitchover;
import io.godwit.control.switchover.SourceTimer;
import io.godwit.control.switchover.TargetEvent;
import java.util.List;
import java.util.function.Function;

/** The source's shell with a guest that has no pages: what counts is when it runs and whether its memory is there. */
final class SimulatedSource extends SimulatedHost<SourceTimer> {
    static final HostIdentity IDENTITY = new HostIdentity("south", "s1");

    /** Longer than any timer of the source. */
    private static final int LONGEST_HOLD_MS = 20_000;

    private static final int LONGEST_ROUNDS_MS = 15_000;

    private final SourceSwitchover switchover;
    private final Function<SourceEvent, List<SourceAction>> decide;
    private boolean executing = true;
    private boolean memory = true;
    private boolean engineOn;
    private int runs = 1;
    private int pauses;
    private boolean goSent;
    private boolean abortAsked;
    private boolean held;

    SimulatedSource(World world, SourceSwitchover switchover, Mutant mutant) {
        super(world, Faults.Place.SOURCE, SourceTimer.class);
        this.switchover = switchover;
        decide = mutant.source(switchover::on);
    }

    SourceSwitchover switchover() {
        return switchover;
    }

    /** Whether an operator was asked before the switchover, and answered. */
    boolean wasHeld() {
        return held;
    }

    boolean executing() {
        return executing;
    }

    boolean hasMemory() {
        return memory;
    }

    /** How often the guest was set running here; a copy taken before the last of them is stale. */
    int runs() {
        return runs;
    }

    boolean goSent() {
        return goSent;
    }

    boolean abortAsked() {
        return abortAsked;
    }

    void on(SourceEvent event) {
        world.trace(place, event.toString());
        for (SourceAction action : decide.apply(event)) {
            if (!alive()) {
                return;
            }
            world.trace(place, "    " + action);
            carryOut(action);
            world.check();
        }
    }

    private void carryOut(SourceAction action) {
        if (action instanceof SourceAction.AskAdmission) {
            world.send(place, Faults.Place.TARGET, world.target()::askedForAdmission);
        } else if (action instanceof SourceAction.StartEngine) {
            startEngine();
        } else if (action instanceof SourceAction.Submit submit) {
            abortAsked |= submit.command() instanceof LedgerCommand.Abort;
            submit(submit.command());
        } else if (action instanceof SourceAction.Pause) {
            pause();
        } else if (action instanceof SourceAction.SendRest) {
            int pause = pauses;
            local(world.faults().upTo(10), () -> sendRest(pause));
        } else if (action instanceof SourceAction.SendGo) {
            goSent = true;
            world.send(place, Faults.Place.TARGET, () -> world.target().on(new TargetEvent.Go()));
        } else if (action instanceof SourceAction.ResumeHere) {
            resume();
        } else if (action instanceof SourceAction.Release) {
            world.require(!executing, "the source released a guest that runs");
            memory = false;
        } else if (action instanceof SourceAction.StopEngine) {
            stopEngine();
        } else if (action instanceof SourceAction.DismissTarget dismiss) {
            world.send(
                    place, Faults.Place.TARGET, () -> world.target().on(new TargetEvent.Dismissed(dismiss.reason())));
        } else if (action instanceof SourceAction.ArmTimer timer) {
            arm(timer.timer(), timer.delayMs());
        } else {
            cancelTimers();
        }
    }

    private void startEngine() {
        engineOn = true;
        local(5 + world.faults().upTo(20), () -> {
            if (engineOn) {
                world.stream(() -> world.target().on(new TargetEvent.StreamActive()));
                on(new SourceEvent.EngineActive());
            }
        });
        local(30 + world.faults().upTo(100), () -> {
            if (engineOn) {
                on(new SourceEvent.Converged());
            }
        });
    }

    /** Rounds go on until the rest fits: at once, or after seconds in which anything may happen. */
    private void pause() {
        int pause = ++pauses;
        int roundsMs = world.faults().upTo(4) == 0 ? 1 + world.faults().upTo(LONGEST_ROUNDS_MS) : 0;
        if (roundsMs > 0 && world.faults().happens(0.3)) {
            SourceEvent end = world.faults().happens(0.5)
                    ? new SourceEvent.Cancel("the rest does not fit")
                    : new SourceEvent.EngineFailed("the rest does not fit");
            local(world.faults().upTo(roundsMs), () -> on(end));
        }
        local(roundsMs, () -> {
            if (pause == pauses && engineOn) {
                standStill(pause);
            }
        });
    }

    /** A pause that was begun comes to its end, even if the migration is given up meanwhile. */
    private void standStill(int pause) {
        if (!world.faults().happens(0.1)) {
            on(new SourceEvent.Pausing());
        }
        if (world.faults().happens(0.05)) {
            local(5, () -> on(new SourceEvent.EngineFailed("the guest did not pause")));
            return;
        }
        local(world.faults().upTo(5), () -> {
            if (pause != pauses) {
                return;
            }
            executing = false;
            on(new SourceEvent.Paused());
            if (switchover.isHeld()) {
                local(world.faults().upTo(LONGEST_HOLD_MS), this::operatorSays);
            }
        });
    }

    private void operatorSays() {
        held = true;
        on(world.faults().happens(0.3) ? new SourceEvent.Cancel("held for nothing") : new SourceEvent.Continue());
    }

    private void sendRest(int pause) {
        if (pause != pauses || !engineOn) {
            return;
        }
        int copied = runs;
        world.stream(() -> world.target().finalArrived(copied));
        on(new SourceEvent.FinalSent());
    }

    private void resume() {
        world.require(memory, "the source resumed a guest whose memory it gave away");
        world.require(!world.target().everRan(), "the source resumed a guest that had run at the target");
        pauses++;
        runs++;
        executing = true;
    }

    private void stopEngine() {
        engineOn = false;
        world.after(2_000, () -> world.target().streamEnded());
    }

    @Override
    protected void died() {
        executing = false;
        memory = false;
        world.sourceDied();
    }

    @Override
    protected void fired(SourceTimer timer) {
        on(new SourceEvent.TimerFired(timer));
    }

    @Override
    protected void ledgerAnswered(String requestId, LedgerAnswer answer) {
        on(new SourceEvent.LedgerAnswered(requestId, answer));
    }

    @Override
    protected void ledgerUnreachable(String requestId) {
        on(new SourceEvent.LedgerUnreachable(requestId, "no answer"));
    }
}
