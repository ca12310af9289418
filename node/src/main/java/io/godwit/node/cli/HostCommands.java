package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.HostInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code godwit host ...}. */
@Command(name = "host", description = "hosts")
final class HostCommands extends WithHelp {
    @Command(name = "list", description = "all hosts of the cluster")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/hosts");
        return session.print(answer, () -> {
            Table table = new Table("NAME", "STATE", "BACKEND", "CPUS", "GUEST MEMORY", "USED", "VMS", "API");
            for (HostInfo host : session.api().read(answer, HostInfo[].class)) {
                table.row(
                        host.name(),
                        host.state(),
                        host.backend(),
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
