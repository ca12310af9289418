package io.godwit.node.cli;

import io.godwit.node.api.VmInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of {@code vm create} that say where a VM may live, and with whom. */
final class PlacementFlags {
    private static final String WRITTEN =
            "expected KIND=NAME[,NAME...] with together or apart and VMs," + " or on or not-on and hosts";

    @Option(
            names = "--rule",
            paramLabel = "KIND=NAMES",
            description =
                    "never broken: together=VM,VM, apart=VM,VM, on=HOST,HOST or not-on=HOST,HOST; may be repeated")
    private List<String> rules = List.of();

    @Option(
            names = "--preference",
            paramLabel = "KIND=NAMES",
            description = "as --rule, and kept only where that costs little; may be repeated")
    private List<String> preferences = List.of();

    @Option(names = "--prefer-host", paramLabel = "HOST", description = "taken where it may be")
    private @Nullable String preferHost;

    @Option(names = "--zone", paramLabel = "ZONE", split = ",", description = "zones that it is bound to; default any")
    private List<String> zones = List.of();

    @Option(names = "--pinned", description = "it is never moved unasked")
    private boolean pinned;

    /** Adds what was given to a request's body. */
    void addTo(Map<String, Object> body, Session session) {
        List<Map<String, Object>> all = new ArrayList<>();
        rules.forEach(rule -> all.add(rule("--rule", rule, true, session)));
        preferences.forEach(rule -> all.add(rule("--preference", rule, false, session)));
        VmCommands.putIfGiven(body, "rules", all.isEmpty() ? null : all);
        VmCommands.putIfGiven(body, "preferHost", preferHost);
        VmCommands.putIfGiven(body, "zones", zones.isEmpty() ? null : zones);
        VmCommands.putIfGiven(body, "pinned", pinned ? true : null);
    }

    private static Map<String, Object> rule(String option, String written, boolean strict, Session session) {
        int equals = written.indexOf('=');
        if (equals < 1 || equals == written.length() - 1) {
            throw session.usage(option + ": \"" + written + "\" is not accepted; " + WRITTEN);
        }
        String kind = written.substring(0, equals);
        Map<String, Object> rule = new LinkedHashMap<>();
        rule.put("kind", kind);
        rule.put("strict", strict);
        rule.put(
                kind.endsWith("on") ? "hosts" : "vms",
                List.of(written.substring(equals + 1).split(",")));
        return rule;
    }

    /** A rule as it is shown. */
    static String describe(VmInfo.RuleInfo rule) {
        List<String> names = rule.vms() == null ? rule.hosts() : rule.vms();
        return rule.kind() + "=" + String.join(",", names == null ? List.of() : names)
                + (rule.strict() ? "" : " (preferred)");
    }
}
