package io.godwit.node.cli;

import static io.godwit.node.cli.VmCommands.orEmpty;

import io.godwit.node.api.RecoveryInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code godwit recovery ...}. */
@Command(name = "recovery", description = "VMs of hosts that are down")
final class RecoveryCommands extends WithHelp {
    @Command(name = "list", description = "where they are to run, and what they wait for; those that are over too")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/recoveries");
        return session.print(answer, () -> {
            Table table = new Table("VM", "FROM", "TO", "STATE", "SINCE", "REASON");
            for (RecoveryInfo one : session.api().read(answer, RecoveryInfo[].class)) {
                table.row(
                        one.vmName(),
                        one.from(),
                        orEmpty(one.to().isEmpty() ? null : one.to()),
                        one.state(),
                        one.changedAt(),
                        one.reason());
            }
            return table.toString();
        });
    }
}
