package io.godwit.node.cli;

import io.godwit.config.Units;
import io.godwit.node.api.DrainInfo;
import io.godwit.node.api.HostInfo;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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

    @Command(name = "drain", description = "move all running VMs away; the host is then in maintenance")
    int drain(
            @Mixin Session session,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--concurrency", paramLabel = "N", description = "migrations at a time, 2 unless given")
                    @Nullable
                    Integer concurrency) {
        return begin(session, name, "drain", concurrency);
    }

    @Command(name = "restore", description = "move back what the drain moved away; the host is then active")
    int restore(
            @Mixin Session session,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--concurrency", paramLabel = "N", description = "migrations at a time, 2 unless given")
                    @Nullable
                    Integer concurrency) {
        return begin(session, name, "restore", concurrency);
    }

    private static int begin(Session session, String name, String operation, @Nullable Integer concurrency) {
        Map<String, Integer> body = concurrency == null ? Map.of() : Map.of("concurrency", concurrency);
        byte[] answer = session.api().post("/v1/hosts/" + ApiClient.segment(name) + "/" + operation, body);
        return DrainCommands.print(session, answer);
    }

    @Command(name = "maintenance", description = "how far the last drain or restore of a host is")
    int maintenance(@Mixin Session session, @Parameters(paramLabel = "NAME") String name) {
        for (DrainInfo drain : session.api().get(DrainCommands.DRAINS, DrainInfo[].class)) {
            if (drain.host().equals(name)) {
                return DrainCommands.print(
                        session, session.api().get(DrainCommands.DRAINS + "/" + ApiClient.segment(drain.id())));
            }
        }
        return session.json()
                ? session.printJson(Map.of())
                : session.printText("host %s: no drain or restore since its node started%n".formatted(name));
    }
}
