package io.godwit.node.cli;

import static io.godwit.node.cli.VmCommands.line;

import io.godwit.config.Units;
import io.godwit.node.api.RebalancerInfo;
import io.godwit.node.api.RebalancerInfo.MoveInfo;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code godwit rebalance}, by itself and with what it may do unasked. */
@Command(
        name = "rebalance",
        description = "move VMs so that hosts carry alike, as many as may be under way at a time",
        synopsisSubcommandLabel = "[COMMAND]")
final class RebalanceCommands implements Callable<Integer> {
    private static final String REBALANCE = "/v1/rebalance";
    private static final String TURN_ON = "\"godwit rebalance recommend\" or \"arm\" turns it on";

    @Mixin
    private Session asked = new Session();

    @Option(names = "--dry-run", description = "only say what would be moved")
    private boolean dryRun;

    @Override
    public Integer call() {
        return print(asked, asked.api().post(REBALANCE + (dryRun ? "?dryRun=true" : ""), Map.of()));
    }

    @Command(name = "status", description = "whether VMs are moved unasked, what would be moved, and what was")
    int status(@Mixin Session session) {
        return print(session, session.api().get(REBALANCE));
    }

    @Command(name = "arm", description = "have VMs moved unasked from now on")
    int arm(@Mixin Session session) {
        return set(session, "armed");
    }

    @Command(name = "recommend", description = "have it said what would be moved, and move nothing unasked")
    int recommend(@Mixin Session session) {
        return set(session, "recommend-only");
    }

    @Command(name = "disarm", description = "neither move anything unasked nor look what could be")
    int disarm(@Mixin Session session) {
        return set(session, "off");
    }

    private static int set(Session session, String mode) {
        return print(session, session.api().post(REBALANCE + "/mode", Map.of("mode", mode)));
    }

    private static int print(Session session, byte[] answer) {
        return session.print(answer, () -> describe(session.api().read(answer, RebalancerInfo.class)));
    }

    private static String describe(RebalancerInfo info) {
        StringBuilder text = new StringBuilder();
        line(text, "rebalancer", info.mode());
        line(text, "last round", info.why().isEmpty() ? none(info) : info.why());
        if (!info.why().isEmpty()) {
            line(text, "imbalance", number(info.imbalance()) + ", after the plan " + number(info.after()));
        }
        info.notes().forEach(note -> line(text, "note", note));
        if (!info.plan().isEmpty()) {
            text.append("\nplan\n").append(plan(info));
        }
        if (!info.moves().isEmpty()) {
            text.append("\nmoves\n").append(moves(info));
        }
        return text.toString();
    }

    private static String none(RebalancerInfo info) {
        return info.mode().equals("off") ? "none: the rebalancer is off, " + TURN_ON : "none yet";
    }

    private static Table plan(RebalancerInfo info) {
        Table plan = new Table("VM", "FROM", "TO", "GAIN", "COST", "REASON", "BEGUN");
        info.plan()
                .forEach(move -> plan.row(
                        String.join(",", move.vms()),
                        move.from(),
                        move.to(),
                        number(move.gain()),
                        cost(move.costMs(), move.costBytes()),
                        move.reason(),
                        move.begun() ? "yes" : "no"));
        return plan;
    }

    private static Table moves(RebalancerInfo info) {
        Table moves = new Table("VM", "FROM", "TO", "STATE", "GAIN", "WAS", "COST", "TOOK", "REASON", "BEGAN");
        for (MoveInfo move : info.moves()) {
            Double gained = move.measuredGain();
            Long tookMs = move.measuredMs();
            moves.row(
                    move.vm(),
                    move.from(),
                    move.to(),
                    move.detail().isEmpty() ? move.state() : move.state() + ": " + move.detail(),
                    number(move.gain()),
                    gained == null ? "-" : number(gained),
                    cost(move.costMs(), move.costBytes()),
                    tookMs == null ? "-" : Units.formatMeasuredMs(tookMs),
                    move.asked() ? "asked for, " + move.reason() : move.reason(),
                    move.beganAt());
        }
        return moves;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String cost(@Nullable Long costMs, long bytes) {
        return costMs == null
                ? "would not end"
                : Units.formatMeasuredMs(costMs) + ", " + Units.formatApproximateSize(bytes);
    }
}
