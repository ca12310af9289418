package io.godwit.node.qmp;

import io.godwit.actors.vm.VmStatus;
import io.godwit.node.api.Json;
import io.godwit.node.http.ClusterAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Every command there is, whichever way it comes. Thread-safe; never blocks. */
public final class QmpCommands {
    private static final int SHOWN = 80;

    /** Runs a command for a VM; the stage ends with what is returned, or fails with what is wrong. */
    @FunctionalInterface
    interface Handler {
        CompletionStage<? extends Object> run(String vm, QmpArguments arguments);
    }

    /** What operators may look for in vain, and why. */
    private static final Map<String, String> ABSENT = Map.of(
            "human-monitor-command",
            "there is no human monitor here; query-commands lists what there is",
            "migrate-incoming",
            "a target is prepared by the migration itself; nothing is started there by hand",
            "migrate-start-postcopy",
            "there is no post-copy in this version");

    private final ClusterAccess cluster;
    private final Map<String, Handler> handlers = new TreeMap<>();

    public QmpCommands(ClusterAccess cluster) {
        this.cluster = cluster;
        handlers.putAll(new MachineCommands(cluster).handlers());
        handlers.putAll(new VirtioCommands(cluster).handlers());
        handlers.putAll(new MigrationCommands(cluster).handlers());
        handlers.putAll(new ParameterCommands(cluster).handlers());
        handlers.putAll(new DirtyRateCommands(cluster).handlers());
        handlers.put("qmp_capabilities", (vm, arguments) -> acknowledge(arguments));
        handlers.put("query-commands", (vm, arguments) -> {
            arguments.end();
            return done(
                    handlers.keySet().stream().map(name -> Map.of("name", name)).toList());
        });
    }

    static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedStage(value);
    }

    /** What a command returns that has nothing to say. */
    static Map<String, Object> nothing() {
        return Map.of();
    }

    /** Capabilities of the protocol itself, of which there are none: out-of-band commands are not offered. */
    static CompletionStage<Object> acknowledge(QmpArguments arguments) {
        List<?> enable = arguments.list("enable");
        arguments.end();
        if (!enable.isEmpty()) {
            throw QmpException.generic("QMP capabilities not available: " + enable);
        }
        return done(nothing());
    }

    /**
     * Answers one command.
     *
     * @param json what a client sent; anything
     * @return the reply, never a failed stage
     */
    public CompletionStage<Map<String, Object>> answer(String vm, byte[] json) {
        QmpRequest request = QmpRequest.read(json);
        return request.error() != null
                ? done(reply(request, request.error()))
                : run(vm, request)
                        .thenApply(value -> reply(request, value))
                        .exceptionally(failure -> reply(request, QmpException.of(failure)));
    }

    /** A command's outcome, for whoever has read it already. */
    CompletionStage<Object> run(String vm, QmpRequest request) {
        Handler handler = handlers.get(request.command());
        if (handler == null) {
            return CompletableFuture.failedStage(notFound(request.command()));
        }
        try {
            return handler.run(vm, new QmpArguments(request.arguments())).thenApply(value -> value);
        } catch (RuntimeException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    /** Whether a VM stands still because somebody paused it; false where that cannot be found out. */
    CompletionStage<Boolean> isPaused(String vm) {
        return cluster.vm(vm).handle((view, failure) -> failure == null && view.status() == VmStatus.PAUSED);
    }

    private static QmpException notFound(String command) {
        String shown = command.length() > SHOWN ? command.substring(0, SHOWN) + "…" : command;
        String why = ABSENT.get(command);
        return QmpException.notFound("The command " + shown + " has not been found" + (why == null ? "" : ": " + why));
    }

    static Map<String, Object> reply(QmpRequest request, Object outcome) {
        Map<String, Object> reply = new LinkedHashMap<>();
        if (outcome instanceof QmpException error) {
            reply.put("error", error.toJson());
        } else {
            reply.put("return", outcome);
        }
        if (request.hasId()) {
            reply.put("id", request.id());
        }
        return reply;
    }

    /** One line, as QEMU ends them. */
    static byte[] line(Map<String, ?> message) {
        return (Json.writeText(message) + "\r\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
