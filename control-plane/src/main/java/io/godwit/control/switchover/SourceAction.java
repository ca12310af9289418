package io.godwit.control.switchover;

import io.godwit.control.ledger.LedgerCommand;

/** What the source's shell is to do, in the order given. */
public sealed interface SourceAction {
    /** Send the manifest to the target host. */
    record AskAdmission() implements SourceAction {}

    /** Switch dirty logging on and send rounds until told otherwise. */
    record StartEngine() implements SourceAction {}

    /**
     * Give the command to the ledger; report {@link SourceEvent.LedgerAnswered} or
     * {@link SourceEvent.LedgerUnreachable}. Given again under the same request id when it has to be repeated.
     */
    record Submit(LedgerCommand command) implements SourceAction {}

    /** Pause the guest as soon as its rest fits, report {@link SourceEvent.Paused}; send none of that rest yet. */
    record Pause() implements SourceAction {}

    /** Send what is left of the paused guest, report {@link SourceEvent.FinalSent}. */
    record SendRest() implements SourceAction {}

    /** Tell the target to run. Repeated until it answers. */
    record SendGo() implements SourceAction {}

    /** The guest belongs here: let it run (if that is what was asked of it last). */
    record ResumeHere() implements SourceAction {}

    /** The guest belongs to the target: give back everything it holds here, after a comparison that was asked for. */
    record Release() implements SourceAction {}

    /** Stop rounds and streams, dirty logging off. The guest is left running or paused as it is. */
    record StopEngine() implements SourceAction {}

    /** Tell the target that the migration is over without it. */
    record DismissTarget(String reason) implements SourceAction {}

    record ArmTimer(SourceTimer timer, long delayMs) implements SourceAction {}

    /** Disarm every timer of this migration. */
    record CancelTimers() implements SourceAction {}
}
