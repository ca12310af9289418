package io.godwit.node.cli;

import io.godwit.node.api.DrainInfo;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit drain ...}. */
@Command(name = "drain", description = "drains of hosts, and the restores behind them")
final class DrainCommands extends WithHelp {
    static final String DRAINS = "/v1/drains";

    @Command(name = "list", description = "the last drains and restores of all hosts")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get(DRAINS);
        return session.print(answer, () -> {
            Table table = new Table("ID", "HOST", "KIND", "STATE", "MOVED", "LEFT", "STARTED");
            for (DrainInfo drain : session.api().read(answer, DrainInfo[].class)) {
                table.row(
                        drain.id(),
                        drain.host(),
                        drain.kind(),
                        drain.state(),
                        count(drain, "moved"),
                        count(drain, "waiting", "moving", "failed"),
                        drain.started());
            }
            return table.toString();
        });
    }

    @Command(name = "show", description = "one drain or restore, VM by VM")
    int show(@Mixin Session session, @Parameters(paramLabel = "ID") String id) {
        return print(session, session.api().get(DRAINS + "/" + ApiClient.segment(id)));
    }

    @Command(name = "cancel", description = "end it: the host is active again, what has moved stays where it is")
    int cancel(
            @Mixin Session session,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--finish", description = "let migrations under way end by themselves") boolean finish) {
        String query = finish ? "?finish=true" : "";
        return print(session, session.api().delete(DRAINS + "/" + ApiClient.segment(id) + query));
    }

    static int print(Session session, byte[] answer) {
        return session.print(answer, () -> {
            DrainInfo drain = session.api().read(answer, DrainInfo.class);
            Table table = new Table("VM", "STATE", "HOST", "MIGRATION", "REASON");
            drain.vms().forEach(vm -> table.row(vm.name(), vm.state(), vm.host(), vm.migration(), vm.reason()));
            return "%s %s of host %s: %s%n".formatted(drain.kind(), drain.id(), drain.host(), drain.state()) + table;
        });
    }

    private static long count(DrainInfo drain, String... states) {
        List<String> counted = Stream.of(states).toList();
        return drain.vms().stream().filter(vm -> counted.contains(vm.state())).count();
    }
}
