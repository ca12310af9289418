package io.godwit.control.switchover;

import io.godwit.control.ledger.LedgerCommand;

/** What the target's shell is to do, in the order given. */
public sealed interface TargetAction {
    /** Restore the device states, compare, report {@link TargetEvent.Restored} or {@link TargetEvent.Failed}. */
    record RestoreAndVerify() implements TargetAction {}

    /** Tell the source that the machine stands ready. Repeated until it answers. */
    record SendReady(Verification verification) implements TargetAction {}

    /** Run the guest at once; report {@link TargetEvent.Running}; announce its addresses. */
    record RunMachine() implements TargetAction {}

    /** Tell the source that the guest runs here. */
    record SendRunning() implements TargetAction {}

    /** Tell the source that this host has not run the guest and refuses {@code Go}. */
    record SendFailed(String reason) implements TargetAction {}

    /**
     * Give the command to the ledger; report {@link TargetEvent.LedgerAnswered} or
     * {@link TargetEvent.LedgerUnreachable}. Given again under the same request id when it has to be repeated.
     */
    record Submit(LedgerCommand command) implements TargetAction {}

    /** Give back the machine, its memory, streams and reservation. Nothing here runs. */
    record DiscardMachine() implements TargetAction {}

    /** The ledger contradicts the source's {@code Go}: pause the guest at once and keep it for an operator. */
    record StopMachine(String reason) implements TargetAction {}

    /** This host owns the VM by the ledger, but its memory never arrived whole: it can only be started anew. */
    record ReportLost(String reason) implements TargetAction {}

    record ArmTimer(TargetTimer timer, long delayMs) implements TargetAction {}

    /** Disarm every timer of this migration. */
    record CancelTimers() implements TargetAction {}
}
