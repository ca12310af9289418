package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;
import static io.godwit.node.cli.VmCommands.line;
import static io.godwit.node.cli.VmCommands.orEmpty;

import io.godwit.config.Units;
import io.godwit.node.api.AutoMigrateInfo;
import io.godwit.node.api.ConfirmedDeadInfo;
import io.godwit.node.api.DrainInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.PermitInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit host ...}. */
@Command(name = "host", description = "hosts")
final class HostCommands extends WithHelp {
    @Spec
    private @Nullable CommandSpec spec;

    /** In the words that an operator has to see. */
    static String permit(PermitInfo permit) {
        return permit.validUntil() == null ? "quorum " + permit.quorum() : "ok";
    }

    @Command(name = "list", description = "all hosts of the cluster, or those that are looked for")
    int list(
            @Parameters(arity = "0..1", paramLabel = "TEXT", description = "part of their name, in any case") @Nullable
                    String search,
            @Option(names = "--state", paramLabel = "STATE", description = "only those that are so, such as up")
                    @Nullable
                    String state,
            @Option(names = "--zone", paramLabel = "ZONE", description = "only those of this zone") @Nullable
                    String zone,
            @Mixin Session session) {
        Map<String, @Nullable String> wanted = new LinkedHashMap<>();
        wanted.put("search", search);
        wanted.put("state", state);
        wanted.put("zone", zone);
        byte[] answer = session.api().get(ApiClient.query("/v1/hosts", wanted));
        return session.print(answer, () -> {
            Table table = new Table(
                    "NAME", "STATE", "ROLE", "BACKEND", "PERMIT", "CPUS", "GUEST MEMORY", "USED", "VMS", "API");
            for (HostInfo host : session.api().read(answer, HostInfo[].class)) {
                table.row(
                        host.name(),
                        host.state(),
                        orEmpty(host.role()),
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

    @Command(name = "show", description = "one host")
    int show(@Parameters(paramLabel = "NAME", description = "the host") String name, @Mixin Session session) {
        byte[] answer = session.api().get("/v1/hosts/" + segment(name));
        return session.print(answer, () -> describe(session.api().read(answer, HostInfo.class)));
    }

    private static String describe(HostInfo host) {
        StringBuilder text = new StringBuilder();
        line(text, "name", host.name());
        line(text, "state", host.state());
        line(text, "role", orEmpty(host.role()));
        line(text, "permit", host.permit() == null ? "" : permit(host.permit()));
        line(text, "zone", host.zone());
        line(text, "backend", host.backend());
        line(text, "Godwit", host.version());
        line(text, "api", host.api());
        line(text, "incarnation", host.incarnation());
        line(text, "kernel", host.kernel());
        line(text, "CPUs", host.cpus() + (host.cpuModel().isEmpty() ? "" : " of " + host.cpuModel()));
        line(text, "CPU vendor", host.cpuVendor());
        line(text, "microcode", host.microcode());
        line(text, "CPU features", String.join(",", host.cpuFeatures()));
        line(
                text,
                "guest memory",
                Units.formatApproximateSize(host.guestMemoryBytes()) + ", of which "
                        + Units.formatApproximateSize(host.usedMemoryBytes()) + " is taken");
        line(text, "VMs", host.vms());
        host.pools().forEach(pool -> line(text, "pool", pool.name() + " (" + pool.kind() + ")"));
        host.networks()
                .forEach(network -> line(
                        text,
                        "network",
                        network.name() + (network.bridge() == null ? "" : " (bridge " + network.bridge() + ")")));
        return text.toString();
    }

    @Command(
            name = "confirm-dead",
            description = {
                "says that a host is off for good or has been turned off",
                "Its VMs are then started on other hosts where they can be, with disks that it may still write if it is not off."
            })
    int confirmDead(
            @Parameters(paramLabel = "NAME", description = "the host") String name,
            @Option(names = "--yes", description = "that the host is off has been looked at") boolean yes,
            @Mixin Session session) {
        requireLookedAt(name, yes);
        byte[] answer = session.api().post("/v1/hosts/" + segment(name) + "/confirm-dead", Map.of());
        return session.print(answer, () -> {
            ConfirmedDeadInfo dead = session.api().read(answer, ConfirmedDeadInfo.class);
            return "host %s is confirmed dead: %s%n".formatted(dead.host(), String.join(", ", dead.incarnations()));
        });
    }

    private void requireLookedAt(String name, boolean yes) {
        if (!yes) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    "--yes: missing; expected it once you have seen that host " + name
                            + " is off: two hosts that write one disk destroy it");
        }
    }

    @Command(
            name = "forget",
            description = {
                "says that a host is gone for good, with its state directory",
                "As confirm-dead; another host may then have its name."
            })
    int forget(
            @Parameters(paramLabel = "NAME", description = "the host") String name,
            @Option(names = "--yes", description = "that the host is off has been looked at") boolean yes,
            @Mixin Session session) {
        requireLookedAt(name, yes);
        session.api().delete("/v1/hosts/" + segment(name));
        return session.json()
                ? session.printJson(Map.of("forgotten", name))
                : session.printText("host %s is forgotten; its name is free%n".formatted(name));
    }

    @Command(
            name = "auto-migrate-on-host-down",
            description = "whether a host's VMs are started elsewhere when it is down; sets it where a value is given")
    int autoMigrate(
            @Parameters(index = "0", paramLabel = "NAME", description = "the host") String name,
            @Parameters(index = "1", arity = "0..1", paramLabel = "true|false") @Nullable Boolean enabled,
            @Mixin Session session) {
        String path = "/v1/hosts/" + segment(name) + "/auto-migrate-on-host-down";
        byte[] answer =
                enabled == null ? session.api().get(path) : session.api().post(path, Map.of("enabled", enabled));
        return session.print(answer, () -> {
            AutoMigrateInfo info = session.api().read(answer, AutoMigrateInfo.class);
            return "auto-migrate-on-host-down is %s for host %s%n"
                    .formatted(info.enabled() ? "on" : "off", info.host());
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
        byte[] answer = session.api().post("/v1/hosts/" + segment(name) + "/" + operation, body);
        return DrainCommands.print(session, answer);
    }

    @Command(name = "maintenance", description = "how far the last drain or restore of a host is")
    int maintenance(@Mixin Session session, @Parameters(paramLabel = "NAME") String name) {
        for (DrainInfo drain : session.api().get(DrainCommands.DRAINS, DrainInfo[].class)) {
            if (drain.host().equals(name)) {
                return DrainCommands.print(
                        session, session.api().get(DrainCommands.DRAINS + "/" + segment(drain.id())));
            }
        }
        return session.json()
                ? session.printJson(Map.of())
                : session.printText("host %s: no drain or restore since its node started%n".formatted(name));
    }
}
