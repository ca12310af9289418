package io.godwit.control.simulation;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import java.util.EnumMap;
import java.util.Map;

/** What both hosts have: a life, timers, and a way to the ledger. What it is told while stalled it learns on waking. */
abstract class SimulatedHost<T extends Enum<T>> {
    private static final long LEDGER_TIMEOUT_MS = 1_000;

    protected final World world;
    protected final Faults.Place place;
    private final Map<T, Long> armed;
    private long arming;
    private boolean dead;
    private int actionsUntilDeath = -1;

    SimulatedHost(World world, Faults.Place place, Class<T> timers) {
        this.world = world;
        this.place = place;
        armed = new EnumMap<>(timers);
    }

    boolean dead() {
        return dead;
    }

    /** Dies in the middle of carrying out what was decided: after that many more actions. */
    void dieAfterActions(int actions) {
        actionsUntilDeath = actions;
    }

    void die() {
        if (!dead) {
            dead = true;
            world.trace(place, "dies");
            died();
        }
    }

    /** Runs on this host when it is awake, never if it is dead. */
    void local(long delayMs, Runnable task) {
        world.clock().after(delayMs, () -> {
            long asleepMs = world.faults().stalledForMs(place, world.clock().nowMs());
            if (dead) {
                return;
            } else if (asleepMs > 0) {
                local(asleepMs, task);
            } else {
                task.run();
                world.check();
            }
        });
    }

    protected void arm(T timer, long delayMs) {
        long mine = ++arming;
        armed.put(timer, mine);
        local(delayMs, () -> {
            if (Long.valueOf(mine).equals(armed.get(timer))) {
                armed.remove(timer);
                fired(timer);
            }
        });
    }

    protected void cancelTimers() {
        armed.clear();
    }

    /** Counts an action down to a death in mid-decision; false if it is not carried out any more. */
    protected boolean alive() {
        if (actionsUntilDeath == 0) {
            die();
        }
        actionsUntilDeath--;
        return !dead;
    }

    protected void submit(LedgerCommand command) {
        boolean[] answered = {false};
        world.send(place, Faults.Place.LEDGER, () -> {
            LedgerAnswer answer = world.ledger().apply(command);
            world.trace(
                    Faults.Place.LEDGER,
                    command.requestId() + " -> " + answer.getClass().getSimpleName());
            world.send(Faults.Place.LEDGER, place, () -> {
                answered[0] = true;
                ledgerAnswered(command.requestId(), answer);
            });
        });
        local(LEDGER_TIMEOUT_MS, () -> {
            if (!answered[0]) {
                ledgerUnreachable(command.requestId());
            }
        });
    }

    protected abstract void died();

    protected abstract void fired(T timer);

    protected abstract void ledgerAnswered(String requestId, LedgerAnswer answer);

    protected abstract void ledgerUnreachable(String requestId);
}
