package io.godwit.control.switchover;

import io.godwit.control.ledger.LedgerAnswer;

/** What can happen to a migration, seen from its target. All but {@link Start} may come late, twice or never. */
public sealed interface TargetEvent {
    /** The reservation was made and answered. */
    record Start() implements TargetEvent {}

    /** The first frame came. */
    record StreamActive() implements TargetEvent {}

    /** The stream's end came: all pages and all device states are here. */
    record FinalReceived() implements TargetEvent {}

    /** The machine's state is restored and compared. */
    record Restored(Verification verification) implements TargetEvent {}

    /** The machine here is of no use: a bad frame, no memory, a state that could not be restored. */
    record Failed(String reason) implements TargetEvent {}

    record Go() implements TargetEvent {}

    /** {@link TargetAction.RunMachine} is done. */
    record Running() implements TargetEvent {}

    /** The source ended the migration without this host. */
    record Dismissed(String reason) implements TargetEvent {}

    /** The source host, its actor or its stream is gone or out of reach. */
    record SourceGone(String reason) implements TargetEvent {}

    /** Asked for at this host, by its operator or because it shuts down. Too late once the machine is ready. */
    record Cancel(String reason) implements TargetEvent {}

    record LedgerAnswered(String requestId, LedgerAnswer answer) implements TargetEvent {}

    /** No answer in time; the command may still be applied. */
    record LedgerUnreachable(String requestId, String reason) implements TargetEvent {}

    record TimerFired(TargetTimer timer) implements TargetEvent {}
}
