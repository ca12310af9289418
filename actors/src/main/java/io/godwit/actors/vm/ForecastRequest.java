package io.godwit.actors.vm;

import io.godwit.config.MigrationParameters;
import io.godwit.config.SkippedChecks;
import org.apache.pekko.actor.typed.ActorRef;

/** About a move that has not begun. */
public sealed interface ForecastRequest extends VmActor.MachineRequest {
    /** Begins to watch what the VM dirties, 100 ms to 60 s long. Answered at once. */
    record MeasureDirtyRate(long durationMs, ActorRef<VmActor.Answer> replyTo) implements ForecastRequest {}

    /** What the last measurement has found, or how far it is. */
    record DescribeDirtyRate(ActorRef<VmActor.Answer> replyTo) implements ForecastRequest {}

    /** What a migration would be like, without beginning it. */
    record PlanMigration(
            String target, MigrationParameters parameters, SkippedChecks skipped, ActorRef<VmActor.Answer> replyTo)
            implements ForecastRequest {}
}
