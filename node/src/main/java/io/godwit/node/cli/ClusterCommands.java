package io.godwit.node.cli;

import static io.godwit.node.cli.VmCommands.line;
import static io.godwit.node.cli.VmCommands.orEmpty;

import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.ClusterInfo.CpuBaselineInfo;
import io.godwit.node.api.ClusterInfo.HostLoss;
import io.godwit.node.api.FencingInfo;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code godwit cluster ...}. */
@Command(name = "cluster", description = "the cluster as a whole")
final class ClusterCommands extends WithHelp {
    @Command(name = "status", description = "members and ledger, as the node asked sees them")
    int status(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/cluster");
        return session.print(answer, () -> describe(session.api().read(answer, ClusterInfo.class)));
    }

    private static String describe(ClusterInfo cluster) {
        StringBuilder text = new StringBuilder();
        ClusterInfo.LedgerInfo ledger = cluster.ledger();
        line(text, "cluster", cluster.name());
        line(text, "seen by", cluster.host() + ", Godwit " + cluster.version());
        line(text, "ledger", ledger.available() ? "available" : "UNAVAILABLE: " + ledger.detail());
        line(text, "quorum", quorum(ledger));
        line(text, "ledger leader", orEmpty(ledger.leader()));
        line(
                text,
                "voters",
                ledger.voters().stream()
                        .map(voter -> voter.host() + "=" + voter.address())
                        .collect(Collectors.joining(", ")));
        if (ledger.caveat() != null) {
            line(text, "  CAVEAT", ledger.caveat());
        }
        String until = cluster.permit().validUntil();
        line(
                text,
                "run permit",
                until == null
                        ? "QUORUM LOST: VMs of " + cluster.host() + " that could be started elsewhere are paused"
                        : "valid until " + until);
        line(text, "VMs", ledger.vms());
        line(text, "can lose", canLose(cluster.hostLosses()));
        text.append(cpuBaseline(cluster.cpuBaseline()));
        text.append(fencing(cluster.fencing()));
        if (cluster.alarms() != null) {
            cluster.alarms()
                    .forEach(alarm -> line(
                            text,
                            "ALARM",
                            alarm.host() + " " + alarm.at() + ": " + alarm.kind() + " of " + alarm.valueMs() + " ms: "
                                    + alarm.meaning()));
        }
        Table members = new Table("HOST", "ADDRESS", "STATE", "ROLE");
        cluster.members()
                .forEach(
                        member -> members.row(member.host(), member.address(), member.state(), orEmpty(member.role())));
        return text.append('\n').append(members).toString();
    }

    /** What hosts have in common is long and says little: what some have beyond it is what an operator can act on. */
    private static String cpuBaseline(CpuBaselineInfo baseline) {
        StringBuilder text = new StringBuilder();
        line(
                text,
                "CPU baseline",
                (baseline.hosts().isEmpty()
                                ? "none: guests depend on no CPU feature"
                                : baseline.features().size() + " features of "
                                        + String.join(" and ", baseline.vendors()))
                        + (baseline.notConsidered().isEmpty()
                                ? ""
                                : ", without " + String.join(", ", baseline.notConsidered())));
        baseline.hosts().stream()
                .filter(host -> !host.beyond().isEmpty())
                .forEach(host -> line(text, "  beyond it", host.host() + ": " + String.join(", ", host.beyond())));
        return text.toString();
    }

    /** What an operator should know before a host is lost: which disks wait for whom. */
    private static String fencing(@Nullable FencingInfo fencing) {
        if (fencing == null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        fencing.pools().forEach(pool -> {
            line(text, "fencing", "pool " + pool.name() + ": " + pool.fencing());
            if (pool.conflict() != null) {
                line(text, "  CONFLICT", pool.conflict() + "; " + pool.fencing() + " counts");
            }
        });
        fencing.hosts()
                .forEach(host -> line(
                        text,
                        "  fence",
                        host.host() + ": " + host.fence() + "; its VMs " + String.join(", ", host.vms()) + " write "
                                + String.join(", ", host.pools())));
        if (!fencing.withoutFence().isEmpty()) {
            line(text, "  NO FENCE", "on " + String.join(", ", fencing.withoutFence()) + ", which may lead the ledger");
        }
        return text.toString();
    }

    private static String quorum(ClusterInfo.LedgerInfo ledger) {
        String missing =
                ledger.missing().isEmpty() ? "" : "; voters out of reach: " + String.join(", ", ledger.missing());
        return (ledger.quorum().equals("held") ? "held" : "QUORUM LOST") + missing;
    }

    private static String canLose(@Nullable List<HostLoss> losses) {
        if (losses == null) {
            return "unknown: the ledger cannot be read";
        }
        String not = losses.stream()
                .flatMap(host -> host.homeless().stream()
                        .map(vm -> "not " + host.host() + ": VM " + vm.vm() + " would find no place ("
                                + String.join("; ", vm.reasons()) + ")"))
                .collect(Collectors.joining(", "));
        return not.isEmpty() ? "any one host" : not;
    }
}
