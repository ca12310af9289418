package io.godwit.node.qmp;

import static io.godwit.node.qmp.QmpCommands.done;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.vm.GuestActView;
import io.godwit.actors.vm.PowerRequest;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.node.Version;
import io.godwit.node.http.ClusterAccess;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;

/** What concerns the machine: its state, its vCPUs, its name. */
final class MachineCommands {
    /** In these the guest is being paused, or stands paused. */
    private static final Set<String> STANDS_STILL =
            Set.of(MigrationStatus.PRE_SWITCHOVER.label(), MigrationStatus.DEVICE.label());

    private final ClusterAccess cluster;

    MachineCommands(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    Map<String, QmpCommands.Handler> handlers() {
        Map<String, QmpCommands.Handler> handlers = new LinkedHashMap<>();
        handlers.put("query-status", this::status);
        handlers.put(
                "query-name",
                (vm, arguments) ->
                        of(vm, arguments, view -> Map.of("name", view.spec().name())));
        handlers.put("query-uuid", (vm, arguments) -> of(vm, arguments, view -> Map.of("UUID", uuid(view.id()))));
        handlers.put("query-cpus-fast", (vm, arguments) -> of(vm, arguments, MachineCommands::cpus));
        handlers.put("query-vm-generation-id", (vm, arguments) -> of(vm, arguments, MachineCommands::generation));
        handlers.put("query-version", (vm, arguments) -> version(arguments));
        handlers.put("query-events", (vm, arguments) -> events(arguments));
        handlers.put("stop", (vm, arguments) -> change(vm, arguments, VmActor.Pause::new));
        handlers.put("cont", (vm, arguments) -> change(vm, arguments, VmActor.Resume::new));
        handlers.put("quit", (vm, arguments) -> change(vm, arguments, VmActor.Stop::new));
        handlers.put("system_powerdown", (vm, arguments) -> change(vm, arguments, PowerRequest.PowerDown::new));
        handlers.put("system_reset", (vm, arguments) -> change(vm, arguments, PowerRequest.Reset::new));
        return handlers;
    }

    private CompletionStage<Object> of(String vm, QmpArguments arguments, Function<VmView, Object> answer) {
        arguments.end();
        return cluster.vm(vm).thenApply(answer);
    }

    private CompletionStage<Object> change(
            String vm, QmpArguments arguments, Function<ActorRef<VmActor.Answer>, VmActor.Request> request) {
        arguments.end();
        return cluster.request(vm, request).thenApply(changed -> QmpCommands.nothing());
    }

    private CompletionStage<Object> status(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.vm(vm).thenCompose(view -> {
            String migrationId = view.migrationId();
            return migrationId == null || view.status() != VmStatus.RUNNING
                    ? done(status(runState(view)))
                    : cluster.migration(migrationId)
                            .thenApply(migration -> status(standsStill(migration) ? "finish-migrate" : "running"));
        });
    }

    private static boolean standsStill(MigrationView migration) {
        return STANDS_STILL.contains(migration.status());
    }

    private static Map<String, Object> status(String runState) {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("status", runState);
        status.put("singlestep", false);
        status.put("running", runState.equals("running"));
        return status;
    }

    /** In QEMU's words ({@code RunState}). */
    private static String runState(VmView view) {
        GuestActView act = view.lastAct();
        boolean panicked = act != null && act.kind().equals("panic");
        return panicked && view.status() == VmStatus.CRASHED ? "guest-panicked" : runState(view.status());
    }

    static String runState(VmStatus status) {
        return switch (status) {
            case RUNNING -> "running";
            case PAUSED -> "paused";
            case STARTING -> "prelaunch";
            case INCOMING -> "inmigrate";
            case STOPPED, STOPPING, WAITING_FOR_HOST -> "shutdown";
            case CRASHED -> "internal-error";
            case UNKNOWN -> throw QmpException.generic("the host of this VM does not answer for it");
        };
    }

    /** VMs have ids of 130 bits here; a UUID is made from one, always the same. */
    static String uuid(String vmId) {
        return UUID.nameUUIDFromBytes(vmId.getBytes(StandardCharsets.US_ASCII)).toString();
    }

    /** Without {@code thread-id}: a vCPU's thread is its host's, and this may be asked anywhere. */
    private static Object cpus(VmView view) {
        return IntStream.range(0, view.spec().vcpus())
                .mapToObj(vcpu -> Map.of("cpu-index", vcpu, "target", "x86_64"))
                .toList();
    }

    private static Object generation(VmView view) {
        if (view.generation().isEmpty()) {
            throw QmpException.generic("VM Generation ID device not found");
        }
        return Map.of("guid", view.generation());
    }

    private static CompletionStage<Object> version(QmpArguments arguments) {
        arguments.end();
        return done(versionInfo());
    }

    /** Clients read the version of the protocol out of this: it is QEMU 7.2's that is followed. */
    static Map<String, Object> versionInfo() {
        Map<String, Object> version = new LinkedHashMap<>();
        version.put("qemu", Map.of("major", 7, "minor", 2, "micro", 0));
        version.put("package", "Godwit " + Version.text());
        return version;
    }

    private static CompletionStage<Object> events(QmpArguments arguments) {
        arguments.end();
        return done(List.copyOf(
                QmpEvents.NAMES.stream().map(name -> Map.of("name", name)).toList()));
    }
}
