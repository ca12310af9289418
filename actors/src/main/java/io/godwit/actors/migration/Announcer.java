package io.godwit.actors.migration;

import io.godwit.config.MigrationSettings.Announcement;
import io.godwit.vmm.Machine;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Scheduler;
import scala.concurrent.ExecutionContext;

/** Announces a machine that has moved: at once, and again after pauses that grow, since any announcement may be lost. */
final class Announcer {
    private final Scheduler scheduler;
    private final ExecutionContext executor;
    private final Machine machine;
    private final Announcement plan;

    Announcer(ActorSystem<?> system, Machine machine, Announcement plan) {
        this.scheduler = system.scheduler();
        this.executor = system.executionContext();
        this.machine = machine;
        this.plan = plan;
    }

    /** From any thread. A machine that is closed meanwhile says nothing more. */
    void start() {
        announce(1);
    }

    private void announce(int round) {
        machine.announce();
        if (round < plan.rounds()) {
            scheduler.scheduleOnce(Duration.ofMillis(pauseMs(plan, round)), () -> announce(round + 1), executor);
        }
    }

    /** How long to wait after announcement {@code round}, which counts from 1. */
    static long pauseMs(Announcement plan, int round) {
        return Math.min(plan.maxMs(), plan.initialMs() + (round - 1) * plan.stepMs());
    }
}
