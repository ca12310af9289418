package io.godwit.node.cli;

import io.godwit.config.MigrationParameter;
import io.godwit.node.api.ParametersInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code godwit migration parameters}. */
@Command(
        name = "parameters",
        description = "what migrations go by, of the whole cluster or of one VM; shown, or changed and shown")
final class MigrationParametersCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Option(names = "--vm", paramLabel = "VM", description = "of this VM; else of the cluster")
    private @Nullable String vm;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "set a parameter; a bare number of a duration is in milliseconds, of timeout in seconds")
    private Map<String, String> set = Map.of();

    @Option(names = "--unset", paramLabel = "NAME", description = "let it fall back to what lies beneath")
    private List<String> unset = List.of();

    @Override
    public Integer call() {
        String path =
                vm == null ? "/v1/migration-parameters" : "/v1/vms/" + ApiClient.segment(vm) + "/migration-parameters";
        byte[] answer = set.isEmpty() && unset.isEmpty()
                ? session.api().get(path)
                : session.api().patch(path, change());
        return session.print(answer, () -> table(session.api().read(answer, ParametersInfo.class)));
    }

    private Map<String, Object> change() {
        Map<String, Object> body = new LinkedHashMap<>();
        set.forEach((name, value) -> body.put(name, withUnit(name, value)));
        for (String name : unset) {
            if (body.containsKey(name)) {
                throw session.usage(name + " is set and unset at once");
            }
            body.put(name, null);
        }
        return body;
    }

    /** As the flag of that parameter would read it; names are the node's to judge. */
    static String withUnit(String name, String value) {
        return MigrationParameter.named(name)
                .map(parameter -> ParameterFlags.withUnit(parameter, value))
                .orElse(value);
    }

    private static String table(ParametersInfo info) {
        Table table = new Table("NAME", "VALUE", "FROM", "WHILE RUNNING");
        info.parameters()
                .forEach(parameter -> table.row(
                        parameter.name(), parameter.value(), parameter.from(), parameter.changeable() ? "yes" : "no"));
        return table.toString();
    }
}
