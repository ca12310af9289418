package io.godwit.control.simulation;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.RestartPlan;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.simulation.Faults.Place;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.SourceSwitchover;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.control.switchover.TargetEvent;
import io.godwit.control.switchover.TargetSwitchover;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * One run: a migration of one VM between two hosts beside a ledger, with everything that goes wrong drawn from a seed.
 * The rules are checked after every action.
 */
final class World {
    private static final String VM = "0123456789abcdefghjkmnpqrs";
    private static final String MIGRATION = "m0000000000000000000000001";
    private static final long LIMIT_MS = 1_800_000;

    private final Clock clock = new Clock();
    private final Faults faults;
    private final SimulatedLedger ledger;
    private final SimulatedSource source;
    private final SimulatedTarget target;
    private final List<String> trace;
    private final boolean observing;
    private final Rules rules;
    private final Set<String> waits = new TreeSet<>();
    private boolean restartedElsewhere;

    World(long seed, Mutant mutant, boolean observing) {
        this.observing = observing;
        trace = new ArrayList<>();
        faults = new Faults(new SplittableRandom(seed));
        VmSpec spec = new VmSpec("vm", 64 << 20, 1, "/probe", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        ledger = new SimulatedLedger(mutant, new LedgerCommand.Create("create", VM, spec, SimulatedSource.IDENTITY));
        SwitchoverTimers timers = SwitchoverTimers.DEFAULT;
        source = new SimulatedSource(
                this,
                new SourceSwitchover(MIGRATION, VM, 1, SimulatedSource.IDENTITY, timers, faults.upTo(3) == 0),
                mutant);
        target = new SimulatedTarget(
                this,
                new TargetSwitchover(MIGRATION, VM, 1, SimulatedSource.IDENTITY, SimulatedTarget.IDENTITY, timers),
                mutant);
        rules = new Rules(this);
    }

    static LedgerCommand targetsAbort() {
        return new LedgerCommand.Abort(MIGRATION + "/target/abort", VM, MIGRATION);
    }

    /** Runs to the end and checks it. */
    void run() {
        plan();
        source.local(0, () -> source.on(new SourceEvent.Start()));
        while (clock.nowMs() < LIMIT_MS && clock.step()) {
            rules.check();
            observe();
        }
        rules.checkEnd();
    }

    private void observe() {
        if (observing) {
            waits.add("source waits for " + source.switchover().waitingFor());
            waits.add("target waits for " + target.switchover().waitingFor());
        }
    }

    Clock clock() {
        return clock;
    }

    Faults faults() {
        return faults;
    }

    SimulatedLedger ledger() {
        return ledger;
    }

    SimulatedSource source() {
        return source;
    }

    SimulatedTarget target() {
        return target;
    }

    Rules rules() {
        return rules;
    }

    /** For the claim that the runs reach all there is to reach. */
    Set<String> waysItWent() {
        Set<String> ways = new TreeSet<>(waits);
        String targetsEnd = target.dead() ? "died" : target.executing() ? "runs" : "cleaned up";
        String sourcesEnd =
                source.dead() ? "died" : "ended " + source.switchover().status().label();
        ways.add("source " + sourcesEnd + ", target " + targetsEnd);
        if (source.wasHeld()) {
            ways.add("held, then source " + sourcesEnd);
        }
        if (target.everRan() && !source.goSent()) {
            ways.add("target took it without Go");
        }
        if (target.lostReported()) {
            ways.add("target owns it without a machine");
        }
        if (restartedElsewhere) {
            ways.add("restarted by the source's next life");
        }
        return ways;
    }

    /** The source's next life took the VM back and started it from its definition. */
    boolean restartedElsewhere() {
        return restartedElsewhere;
    }

    List<String> traced() {
        return trace;
    }

    void trace(Place place, String what) {
        if (observing) {
            trace.add(clock.nowMs() + " " + place + " " + what);
        }
    }

    void check() {
        rules.check();
    }

    void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Violation(otherwise);
        }
    }

    void send(Place from, Place to, Runnable delivery) {
        int copies = faults.repeated(clock.nowMs()) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (!faults.lost(from, to, clock.nowMs())) {
                deliver(to, faults.delayMs(clock.nowMs()), delivery);
            }
        }
    }

    /** Pages and device states: they arrive in order, or the stream breaks and both ends notice. */
    void stream(Runnable delivery) {
        if (faults.cut(Place.SOURCE, Place.TARGET, clock.nowMs()) || faults.happens(0.03)) {
            deliver(Place.SOURCE, 3_000, () -> source.on(new SourceEvent.EngineFailed("the stream broke")));
            deliver(Place.TARGET, 3_000, () -> target.on(new TargetEvent.SourceGone("the stream broke")));
        } else {
            deliver(Place.TARGET, 1 + faults.upTo(20), delivery);
        }
    }

    void after(long delayMs, Runnable onTarget) {
        deliver(Place.TARGET, delayMs, onTarget);
    }

    private void deliver(Place to, long delayMs, Runnable delivery) {
        switch (to) {
            case SOURCE -> source.local(delayMs, delivery);
            case TARGET -> target.local(delayMs, delivery);
            case LEDGER -> clock.after(delayMs, delivery);
        }
    }

    private void plan() {
        if (faults.happens(0.25)) {
            planDeath(source);
        }
        if (faults.happens(0.25)) {
            planDeath(target);
        }
        if (faults.happens(0.3)) {
            source.local(someTime(), () -> source.on(new SourceEvent.Cancel("asked for")));
        }
        if (faults.happens(0.1)) {
            source.local(someTime(), () -> source.on(new SourceEvent.EngineFailed("does not converge")));
        }
        if (faults.happens(0.05)) {
            target.local(someTime(), () -> target.on(new TargetEvent.Cancel("asked for")));
        }
        if (faults.happens(0.05)) {
            target.local(someTime(), target::breakMachine);
        }
        if (faults.happens(0.2)) {
            source.local(someTime(), () -> source.on(new SourceEvent.TargetLost("suspected")));
        }
        if (faults.happens(0.2)) {
            target.local(someTime(), () -> target.on(new TargetEvent.SourceGone("suspected")));
        }
        faults.silencesMs().forEach(atMs -> {
            source.local(atMs, () -> source.on(new SourceEvent.TargetLost("silent")));
            target.local(atMs, () -> target.on(new TargetEvent.SourceGone("silent")));
        });
    }

    private void planDeath(SimulatedHost<?> host) {
        if (faults.upTo(2) == 0) {
            host.dieAfterActions(faults.upTo(25));
        } else {
            clock.after(someTime(), host::die);
        }
    }

    private long someTime() {
        return faults.upTo(faults.upTo(4) == 0 ? 20_000 : 300);
    }

    void sourceDied() {
        rules.sourceDied();
        long noticedMs = 1_000 + faults.upTo(4_000);
        deliver(Place.TARGET, noticedMs, () -> target.on(new TargetEvent.SourceGone("it died")));
        deliver(Place.TARGET, Faults.END_MS, () -> target.on(new TargetEvent.SourceGone("it died")));
        if (faults.upTo(2) == 0) {
            clock.after(50 + faults.upTo(5_000), () -> reborn(false));
            clock.after(20_000 + faults.upTo(60_000), () -> reborn(true));
            clock.after(2 * Faults.END_MS, () -> reborn(true));
        }
    }

    void targetDied() {
        long noticedMs = 1_000 + faults.upTo(4_000);
        deliver(Place.SOURCE, noticedMs, () -> source.on(new SourceEvent.TargetLost("it died")));
        deliver(Place.SOURCE, Faults.END_MS, () -> source.on(new SourceEvent.TargetLost("it died")));
    }

    /** The source's host with a new JVM: takes its VM back, or offers the target the commit once the grace is over. */
    private void reborn(boolean graceIsOver) {
        HostIdentity self = new HostIdentity(SimulatedSource.IDENTITY.hostId(), "s2");
        VmRecord vm = ledger.vm();
        RestartPlan plan = RestartPlan.of(self, List.of(vm));
        plan.reclaims().forEach(command -> {
            trace(Place.LEDGER, "reclaim " + ledger.apply(command).getClass().getSimpleName());
            restartedElsewhere |= ledger.vm().owner().equals(self);
        });
        if (graceIsOver) {
            plan.offers()
                    .forEach(command -> trace(
                            Place.LEDGER,
                            "offer " + ledger.apply(command).getClass().getSimpleName()));
        }
    }
}
