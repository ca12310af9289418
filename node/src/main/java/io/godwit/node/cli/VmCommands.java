package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import io.godwit.config.Units;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.VmInfo;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit vm ...}. */
@Command(
        name = "vm",
        description = "virtual machines",
        subcommands = {
            VmCommands.Create.class,
            VmCommands.ListAll.class,
            VmCommands.Migrate.class,
            PowerCommands.Stop.class,
            PowerCommands.PowerDown.class,
            PowerCommands.Reset.class,
            PowerCommands.RenewGeneration.class,
            ConsoleCommand.class,
            PlugCommands.Disk.class,
            PlugCommands.Nic.class,
            SerialCommand.class,
            DirtyRateCommand.class
        })
final class VmCommands extends WithHelp {
    private static final String VM = "/v1/vms/";

    @Command(name = "create", description = "define a VM, stopped")
    static final class Create implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(arity = "0..1", paramLabel = "NAME", description = "unique in the cluster")
        private @Nullable String givenName;

        @Option(names = "--name", paramLabel = "NAME", description = "the same as an option")
        private @Nullable String nameOption;

        @Option(names = "--memory", required = true, paramLabel = "SIZE", description = "such as 512MiB or 4GiB")
        private String memory = "";

        @Option(
                names = "--kernel",
                required = true,
                paramLabel = "FILE",
                description = "a Linux bzImage, PVH ELF or multiboot kernel")
        private Path kernel = Path.of("");

        @Option(names = "--vcpus", paramLabel = "N", description = "1 to 255; default 1")
        private int vcpus = 1;

        @Option(names = "--cmdline", paramLabel = "TEXT", description = "the kernel's command line")
        private @Nullable String cmdline;

        @Option(names = "--initrd", paramLabel = "FILE", description = "the first boot module")
        private @Nullable Path initrd;

        @Option(
                names = "--host",
                paramLabel = "HOST",
                description = "where it is to live; default: the cluster chooses")
        private @Nullable String host;

        @Option(names = "--dirty-log", paramLabel = "KIND", description = "bitmap or ring; default bitmap")
        private @Nullable String dirtyLog;

        @Option(
                names = "--hide-cpu-features",
                paramLabel = "NAME",
                split = ",",
                description = "CPU features, as in /proc/cpuinfo, to hide from the guest")
        private List<String> hidden = List.of();

        @Option(
                names = "--cpu",
                paramLabel = "KIND",
                description = "host, all that its host offers, or baseline, what every host offers; default host")
        private @Nullable String cpu;

        @Mixin
        private DeviceFlags devices = new DeviceFlags();

        @Mixin
        private AvailabilityFlags availability = new AvailabilityFlags();

        @Mixin
        private PlacementFlags placement = new PlacementFlags();

        @Option(names = "--start", description = "start it, too")
        private boolean start;

        @Override
        public Integer call() {
            String name = session.oneOf("NAME", givenName, "--name", nameOption);
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("name", name);
            body.put("memory", memory);
            body.put("vcpus", vcpus);
            body.put("kernel", kernel.toAbsolutePath().normalize().toString());
            putIfGiven(body, "cmdline", cmdline);
            putIfGiven(
                    body,
                    "initrd",
                    initrd == null ? null : initrd.toAbsolutePath().normalize().toString());
            putIfGiven(body, "host", host);
            putIfGiven(body, "dirtyLog", dirtyLog);
            putIfGiven(body, "cpu", cpu);
            putIfGiven(body, "hideCpuFeatures", hidden.isEmpty() ? null : hidden);
            devices.addTo(body, session);
            availability.addTo(body);
            placement.addTo(body, session);
            putIfGiven(body, "start", start ? true : null);
            byte[] answer = session.api().post("/v1/vms", body);
            VmInfo vm = session.api().read(answer, VmInfo.class);
            return session.print(
                    answer,
                    () -> "VM %s (%s) %s on %s%s%n"
                            .formatted(
                                    name,
                                    vm.id(),
                                    start ? "started" : "created",
                                    vm.host(),
                                    vm.detail().isEmpty() ? "" : ": " + vm.detail()));
        }
    }

    static void putIfGiven(Map<String, Object> body, String field, @Nullable Object value) {
        if (value != null) {
            body.put(field, value);
        }
    }

    @Command(name = "list", description = "all VMs of the cluster, or those that are looked for")
    static final class ListAll implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(arity = "0..1", paramLabel = "TEXT", description = "part of their name or id, in any case")
        private @Nullable String search;

        @Option(names = "--host", paramLabel = "HOST", description = "only those on this host")
        private @Nullable String host;

        @Option(names = "--status", paramLabel = "STATUS", description = "only those that are so, such as running")
        private @Nullable String status;

        @Override
        public Integer call() {
            Map<String, @Nullable String> wanted = new LinkedHashMap<>();
            wanted.put("search", search);
            wanted.put("host", host);
            wanted.put("status", status);
            byte[] answer = session.api().get(ApiClient.query("/v1/vms", wanted));
            return session.print(answer, () -> {
                Table table = new Table("NAME", "ID", "HOST", "STATUS", "VCPUS", "MEMORY", "MIGRATION");
                for (VmInfo vm : session.api().read(answer, VmInfo[].class)) {
                    table.row(
                            vm.name(),
                            vm.id(),
                            vm.host(),
                            vm.status(),
                            vm.vcpus(),
                            Units.formatSize(vm.memoryBytes()),
                            orEmpty(vm.migration()));
                }
                return table.toString();
            });
        }
    }

    @Command(name = "show", description = "one VM")
    int show(@Mixin Session session, @Parameters(paramLabel = "VM", description = "name or id") String vm) {
        byte[] answer = session.api().get(VM + segment(vm));
        return session.print(answer, () -> describe(session.api().read(answer, VmInfo.class)));
    }

    private static String describe(VmInfo vm) {
        StringBuilder text = new StringBuilder();
        line(text, "name", vm.name());
        line(text, "id", vm.id());
        line(text, "status", vm.detail().isEmpty() ? vm.status() : vm.status() + ": " + vm.detail());
        line(text, "host", vm.host() + (vm.backend().isEmpty() ? "" : " (" + vm.backend() + ")"));
        line(text, "epoch", vm.epoch());
        line(text, "vcpus", vm.vcpus());
        line(text, "memory", Units.formatSize(vm.memoryBytes()));
        line(text, "kernel", vm.kernel());
        line(text, "cmdline", vm.cmdline());
        line(text, "initrd", orEmpty(vm.initrd()));
        line(text, "dirty log", vm.dirtyLog());
        line(text, "hidden CPU features", String.join(",", vm.hideCpuFeatures()));
        vm.rules().forEach(rule -> line(text, "rule", PlacementFlags.describe(rule)));
        line(text, "prefers host", orEmpty(vm.preferHost()));
        line(text, "zones", String.join(",", vm.zones()));
        line(text, "pinned", vm.pinned());
        text.append(devices(vm));
        line(text, "devices", String.join(",", vm.devices()));
        vm.deviceStates().forEach(device -> line(text, "device " + device.name(), describe(device)));
        line(text, "availability", availability(vm));
        line(text, "guarded", vm.guarded() ? "yes: runs only under its host's permit" : "no");
        line(text, "waits for", orEmpty(vm.waitsFor()));
        line(text, "generation", orEmpty(vm.generation()));
        line(text, "exit code", vm.exitCode() == null ? "" : vm.exitCode());
        line(text, "last guest act", describe(vm.guestAct()));
        line(text, "migration", orEmpty(vm.migration()));
        return text.toString();
    }

    private static String availability(VmInfo vm) {
        return "ha=%s, stateless=%s, auto-restart=%s, priority=%d"
                .formatted(vm.ha(), vm.stateless(), vm.autoRestart(), vm.priority());
    }

    private static String describe(VmInfo.DeviceInfo device) {
        return device.fault() == null ? device.state() : device.state() + ": " + device.fault();
    }

    private static String describe(VmInfo.@Nullable GuestActInfo act) {
        return act == null ? "" : act.at() + " " + act.kind() + ": " + act.reason();
    }

    /** Its disks and interfaces, a line each. */
    static String devices(VmInfo vm) {
        StringBuilder text = new StringBuilder();
        vm.disks().forEach(disk -> line(text, disk.id(), describe(disk)));
        vm.nics().forEach(nic -> line(text, nic.id(), describe(nic)));
        return text.toString();
    }

    private static String describe(VmInfo.DiskInfo disk) {
        return "slot " + disk.slot() + ": " + disk.volume() + (disk.readOnly() ? ",ro" : "") + ",cache=" + disk.cache()
                + ",queues=" + disk.queues();
    }

    private static String describe(VmInfo.NicInfo nic) {
        return "slot " + nic.slot() + ": " + nic.network() + ",mac=" + nic.mac() + ",queues=" + nic.queues();
    }

    static void line(StringBuilder text, String name, Object value) {
        String shown = value.toString();
        text.append("%-20s %s%n".formatted(name, shown.isEmpty() ? "-" : shown));
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    @Command(name = "start", description = "boot a stopped VM")
    int start(@Mixin Session session, @Parameters(paramLabel = "VM", description = "name or id") String vm) {
        return PowerCommands.change(session, vm, "start");
    }

    @Command(name = "pause", description = "stop a VM's vCPUs where they are")
    int pause(@Mixin Session session, @Parameters(paramLabel = "VM", description = "name or id") String vm) {
        return PowerCommands.change(session, vm, "pause");
    }

    @Command(name = "resume", description = "let a paused VM run on")
    int resume(@Mixin Session session, @Parameters(paramLabel = "VM", description = "name or id") String vm) {
        return PowerCommands.change(session, vm, "resume");
    }

    @Command(name = "delete", description = "remove a stopped VM's definition")
    int delete(@Mixin Session session, @Parameters(paramLabel = "VM", description = "name or id") String vm) {
        session.api().delete(VM + segment(vm));
        return session.json()
                ? session.printJson(Map.of("deleted", vm))
                : session.printText("VM %s is deleted%n".formatted(vm));
    }

    @Command(name = "migrate", description = "move a running VM to another host")
    static final class Migrate implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(index = "0", paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "HOST",
                description = "where to; default: the cluster chooses")
        private @Nullable String givenTarget;

        @Option(names = "--target", paramLabel = "HOST", description = "the same as an option")
        private @Nullable String targetOption;

        @Option(
                names = "--prefer-host",
                paramLabel = "HOST",
                description = "where to if it may go there; if not, the cluster chooses")
        private @Nullable String preferHost;

        @Option(
                names = "--skip-cpu-check",
                description = {
                    "a host whose CPU lacks features that the guest was given will do",
                    "What its KVM cannot set ends the migration, and the VM runs on where it is."
                })
        private boolean skipCpuCheck;

        @Option(names = "--skip-kernel-check", description = "a host with an older kernel will do")
        private boolean skipKernelCheck;

        @Option(
                names = "--rescue-mode",
                description = {
                    "its host is dead and its disks are shared: take it to another host and start it there",
                    "Refused while that host is alive, its run permit may be valid or its fence has not succeeded."
                })
        private boolean rescue;

        @Option(
                names = "--cold",
                description = "a VM that is off: its disks in local pools are copied, and deleted here afterwards")
        private boolean cold;

        @Option(
                names = "--auto-start",
                description = "with --cold: start it there; with --rescue-mode: start one that is off, too")
        private boolean autoStart;

        @Option(names = "--wait", description = "until it ended; exit code 4 when it did not complete")
        private boolean wait;

        @Option(
                names = "--dry-run",
                description = "only say what it would be like; exit code 4 when it would not end well")
        private boolean dryRun;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            Map<String, Object> body = new LinkedHashMap<>();
            if (givenTarget != null || targetOption != null) {
                body.put("target", session.oneOf("HOST", givenTarget, "--target", targetOption));
            }
            putIfGiven(body, "preferHost", preferHost);
            if (cold && rescue) {
                throw new ParameterException(
                        Objects.requireNonNull(spec).commandLine(), "--cold and --rescue-mode: give one of them");
            }
            putIfGiven(body, "mode", cold ? "cold" : rescue ? "rescue" : null);
            putIfGiven(body, "autoStart", autoStart ? true : null);
            putIfGiven(body, "skipCpuCheck", skipCpuCheck ? true : null);
            putIfGiven(body, "skipKernelCheck", skipKernelCheck ? true : null);
            body.putAll(ParameterFlags.given(
                    Objects.requireNonNull(spec).commandLine().getParseResult()));
            if (dryRun) {
                body.put("dryRun", true);
                return PlanReport.print(session, session.api().post(VM + segment(vm) + "/migrations", body));
            }
            byte[] answer = session.api().post(VM + segment(vm) + "/migrations", body);
            MigrationInfo accepted = session.api().read(answer, MigrationInfo.class);
            if (wait) {
                return new MigrationWatch(session).await(accepted.id());
            }
            return session.print(
                    answer,
                    () -> "migration %s of %s to %s is under way%n"
                            .formatted(accepted.id(), accepted.vmName(), accepted.to()));
        }
    }
}
