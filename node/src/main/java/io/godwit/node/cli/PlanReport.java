package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.PlanInfo;

/** A dry run's answer for people, and as an exit code. */
final class PlanReport {
    private PlanReport() {}

    static int print(Session session, byte[] answer) {
        PlanInfo plan = session.api().read(answer, PlanInfo.class);
        session.print(answer, () -> describe(plan));
        return plan.converges() && plan.refusals().isEmpty() ? ExitCodes.OK : ExitCodes.NOT_COMPLETED;
    }

    private static String describe(PlanInfo plan) {
        StringBuilder text = new StringBuilder();
        plan.refusals().forEach(refusal -> VmCommands.line(text, "refused", refusal));
        VmCommands.line(text, "converges", plan.converges() ? "yes" : "no");
        VmCommands.line(text, "reason", plan.reason());
        VmCommands.line(text, "rounds", plan.rounds());
        VmCommands.line(text, "total", Units.formatMeasuredMs(plan.totalMs()));
        VmCommands.line(text, "downtime", Units.formatMeasuredMs(plan.downtimeMs()));
        VmCommands.line(text, "sends", Units.formatApproximateSize(plan.transferredBytes()));
        VmCommands.line(text, "throttle", plan.throttlePercent() + " %");
        VmCommands.line(text, "dirties", Units.formatApproximateSize(plan.dirtyBytesPerSecond()) + "/s");
        VmCommands.line(
                text,
                "working set",
                plan.workingSetBytes() < 0
                        ? "larger than was seen"
                        : Units.formatApproximateSize(plan.workingSetBytes()));
        VmCommands.line(text, "zero", Units.formatApproximateSize(plan.zeroBytes()));
        VmCommands.line(
                text,
                "bandwidth",
                Units.formatApproximateSize(plan.bandwidthBytesPerSecond()) + "/s, "
                        + (plan.bandwidthMeasured() ? "as measured" : "assumed: nothing was measured yet"));
        return text.toString();
    }
}
