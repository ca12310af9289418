package io.godwit.node.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of {@code vm create} that say what becomes of a VM when its guest or its host fails. */
final class AvailabilityFlags {
    @Option(names = "--stateless", description = "it may be started from nothing on another host")
    private boolean stateless;

    @Option(
            names = "--auto-restart",
            paramLabel = "WHEN",
            description = "never, on-crash or always: whether it is started again when its guest ends by itself;"
                    + " default never")
    private @Nullable String autoRestart;

    @Option(
            names = "--priority",
            paramLabel = "N",
            description = "0 to 100: the higher, the earlier it is recovered; default 50")
    private @Nullable Integer priority;

    @Option(names = "--no-ha", description = "it is never started on another host when its own fails")
    private boolean noHa;

    /** Adds what was given to a request's body. */
    void addTo(Map<String, Object> body) {
        VmCommands.putIfGiven(body, "stateless", stateless ? true : null);
        VmCommands.putIfGiven(body, "autoRestart", autoRestart);
        VmCommands.putIfGiven(body, "priority", priority);
        VmCommands.putIfGiven(body, "ha", noHa ? false : null);
    }
}
