package io.godwit.control.switchover;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import java.util.List;

/** What can happen to a migration, seen from its source. All but {@link Start} may come late, twice or never. */
public sealed interface SourceEvent {
    record Start() implements SourceEvent {}

    /** The target host has room and said under which incarnation. */
    record Reserved(HostIdentity target) implements SourceEvent {}

    /** The target host said no, and for which reasons: all of them. */
    record AdmissionRefused(List<String> reasons) implements SourceEvent {
        public AdmissionRefused {
            reasons = List.copyOf(reasons);
        }
    }

    /** Dirty logging is on and the first round runs. */
    record EngineActive() implements SourceEvent {}

    /** What is left would fit into the downtime limit. */
    record Converged() implements SourceEvent {}

    /** The rest fits with the ledger's leave: the guest is being paused. */
    record Pausing() implements SourceEvent {}

    /** Every vCPU and device of the guest stands still. */
    record Paused() implements SourceEvent {}

    /** An operator lets a migration go on that was to wait before its switchover. */
    record Continue() implements SourceEvent {}

    /** The last pages, the device states and the end of the stream are out. */
    record FinalSent() implements SourceEvent {}

    /** The engine gave up: no convergence, a link that stayed broken, a machine that stopped. */
    record EngineFailed(String reason) implements SourceEvent {}

    record TargetReady(Verification verification) implements SourceEvent {}

    /** The target runs the guest. */
    record TargetRunning() implements SourceEvent {}

    /** The target's word that it has not run the guest, refuses {@code Go} and would run only on a recorded commit. */
    record TargetFailed(String reason) implements SourceEvent {}

    /** The target host or its actor is gone or out of reach. */
    record TargetLost(String reason) implements SourceEvent {}

    record Cancel(String reason) implements SourceEvent {}

    record LedgerAnswered(String requestId, LedgerAnswer answer) implements SourceEvent {}

    /** No answer in time; the command may still be applied. */
    record LedgerUnreachable(String requestId, String reason) implements SourceEvent {}

    record TimerFired(SourceTimer timer) implements SourceEvent {}
}
