package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.PoolInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code godwit pool ...}. */
@Command(name = "pool", description = "storage pools")
final class PoolCommands extends WithHelp {
    @Command(name = "list", description = "the pools of all hosts")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get("/v1/pools");
        return session.print(answer, () -> {
            Table table = new Table("NAME", "HOST", "KIND", "FENCING", "TOTAL", "FREE", "PATH", "PROBLEM");
            for (PoolInfo pool : session.api().read(answer, PoolInfo[].class)) {
                table.row(
                        pool.name(),
                        pool.host(),
                        pool.kind(),
                        pool.fencing() == null ? "-" : pool.fencing(),
                        Units.formatApproximateSize(pool.totalBytes()),
                        Units.formatApproximateSize(pool.freeBytes()),
                        pool.path(),
                        pool.problem());
            }
            return table.toString();
        });
    }
}
