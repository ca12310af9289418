package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.PermitInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code godwit host ...}. */
@Command(name = "host", description = "hosts")
final class HostCommands extends WithHelp {
    /** In the words that an operator has to see. */
    static String permit(PermitInfo permit) {
        return permit.validUntil() == null ? "quorum " + permit.quorum() : "ok";
    }

    @Command(name = "list", description = "all hosts of the cluster")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/hosts");
        return session.print(answer, () -> {
            Table table = new Table("NAME", "STATE", "BACKEND", "PERMIT", "CPUS", "GUEST MEMORY", "USED", "VMS", "API");
            for (HostInfo host : session.api().read(answer, HostInfo[].class)) {
                table.row(
                        host.name(),
                        host.state(),
                        host.backend(),
                        host.permit() == null ? "" : permit(host.permit()),
                        host.cpus(),
                        Units.formatApproximateSize(host.guestMemoryBytes()),
                        Units.formatApproximateSize(host.usedMemoryBytes()),
                        host.vms(),
                        host.api());
            }
            return table.toString();
        });
    }
}
