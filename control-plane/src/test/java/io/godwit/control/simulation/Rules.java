package io.godwit.control.simulation;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.Decision.Outcome;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.MigrationStatus;
import org.jspecify.annotations.Nullable;

/**
 * The invariants of one run.
 *
 * <p>I1: at every instant at most one of the source, the target and the source's next life executes the guest. A guest
 * never runs twice from one state: not at the source once the target ran, not at the target from a copy older than the
 * source's last run (the hosts check that themselves).
 *
 * <p>A switchover that an operator holds back does not happen.
 *
 * <p>I2: while source and target live, one of them holds the whole guest. If only the source lives, it has the guest
 * unless the ledger committed it. If only the target lives and was ready when the source died, it has the guest unless
 * the source had asked to abort.
 *
 * <p>Liveness: some time after the last fault, who lives has ended and the ledger has decided.
 */
final class Rules {
    private final World world;
    private boolean targetMustEndUpRunning;

    Rules(World world) {
        this.world = world;
    }

    void sourceDied() {
        targetMustEndUpRunning = world.target().hasWholeMachine()
                && outcome() != Outcome.ABORTED
                && !world.source().abortAsked();
    }

    void check() {
        SimulatedSource source = world.source();
        SimulatedTarget target = world.target();
        int running =
                (source.executing() ? 1 : 0) + (target.executing() ? 1 : 0) + (world.restartedElsewhere() ? 1 : 0);
        world.require(running <= 1, "I1: " + running + " hosts execute the guest");
        world.require(
                !target.executing() || source.dead() || !source.switchover().isHeld(),
                "the target runs a guest whose switchover an operator holds back");
        boolean bothLive = !source.dead() && !target.dead() && !target.broke();
        world.require(
                !bothLive || source.hasMemory() || target.hasWholeMachine(), "I2: nobody holds the guest's memory");
    }

    void checkEnd() {
        SimulatedSource source = world.source();
        SimulatedTarget target = world.target();
        world.require(
                source.dead() || source.switchover().finished(),
                "the source still waits for " + source.switchover().waitingFor());
        world.require(
                target.dead() || target.stranger() || target.switchover().finished(),
                "the target still waits for " + target.switchover().waitingFor());
        if (!source.dead()) {
            checkSource(source, target);
        }
        if (!target.dead()) {
            checkTarget(source, target);
        }
        if (world.faults().calm()) {
            world.require(
                    target.executing() && source.switchover().status() == MigrationStatus.COMPLETED,
                    "nothing went wrong, yet it is " + source.switchover().status() + ": "
                            + source.switchover().detail());
        }
    }

    private void checkSource(SimulatedSource source, SimulatedTarget target) {
        boolean committed = outcome() == Outcome.COMMITTED;
        world.require(world.ledger().vm().prepared() == null, "the source ended, the ledger is undecided");
        world.require(
                source.executing() != committed,
                "I2: the ledger says " + outcome() + ", but the source's guest is "
                        + (source.executing() ? "running" : "not running"));
        MigrationStatus expected = source.switchover().status();
        world.require(
                committed == (expected == MigrationStatus.COMPLETED),
                "the ledger says " + outcome() + ", but the source reports " + expected);
        boolean untouched = !source.goSent() && !target.commitAsked();
        world.require(!committed || !untouched, "committed without Go and without the target's asking");
        world.require(!target.lostReported() || target.broke(), "I2: the guest was lost while its source lived");
    }

    private void checkTarget(SimulatedSource source, SimulatedTarget target) {
        VmRecord vm = world.ledger().vm();
        world.require(target.stranger() || vm.prepared() == null, "the target ended, the ledger is undecided");
        world.require(
                !target.executing() || vm.owner().equals(SimulatedTarget.IDENTITY),
                "the target runs a guest that the ledger gives to " + vm.owner());
        if (source.dead()) {
            world.require(
                    !targetMustEndUpRunning || target.broke() || target.executing(),
                    "I2: the source died, the target was ready, and its copy was given up");
        } else if (outcome() == Outcome.COMMITTED) {
            world.require(target.executing() || target.broke(), "the ledger says COMMITTED, nobody runs the guest");
        }
    }

    private @Nullable Outcome outcome() {
        Decision decision = world.ledger().vm().lastDecision();
        return decision == null ? null : decision.outcome();
    }
}
