package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import io.godwit.config.InvalidValueException;
import io.godwit.config.Units;
import java.net.http.WebSocket;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit vm console}: a terminal at a VM, or a pipe. */
@Command(name = "console", description = "a VM's console: what it writes, and what you type")
final class ConsoleCommand implements Callable<Integer> {
    /** The consoles there are. */
    enum Device {
        SERIAL,
        CONSOLE
    }

    private static final long DEFAULT_TAIL_BYTES = 4096;

    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "VM", description = "name or id")
    private String vm = "";

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "serial, or console for the virtio one; default serial")
    private Device device = Device.SERIAL;

    @Option(
            names = "--escape",
            paramLabel = "KEY",
            description = "the key that leaves, ^X, a character or none; default ^]")
    private String escape = "^]";

    @Option(
            names = "--tail",
            paramLabel = "BYTES",
            description = "of what was written before to show first; default 4096")
    private long tail = DEFAULT_TAIL_BYTES;

    @Option(names = "--from", paramLabel = "POSITION", description = "stream position to begin at, instead of a tail")
    private @Nullable Long from;

    @Option(names = "--read-only", description = "only look")
    private boolean readOnly;

    @Option(
            names = "--linger",
            paramLabel = "TIME",
            description = "when the input is no terminal and has ended: leave after so much silence; default 1s")
    private String linger = "1s";

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (session.json()) {
            throw session.usage("a console has no --json; vm serial has");
        } else if (tail < 0 || (from != null && from < 0)) {
            throw session.usage("--tail and --from are 0 or more");
        }
        EscapeKey key = key();
        long lingerMs = lingerMs();
        ConsoleSession console = new ConsoleSession(session);
        WebSocket socket = session.api().webSocket(path("console") + where(), console, path("serial") + "&from=0");
        if (!Terminal.isInput()) {
            EscapeKey none = EscapeKey.parse("none");
            return outcome(console.run(socket, System.in, none, lingerMs));
        }
        String connected = "connected to " + vm + (key.code().isEmpty() ? "" : "; leave with " + key.name());
        return outcome(atTerminal(connected, () -> console.run(socket, System.in, key, lingerMs)));
    }

    /** Says so only when keys go to the guest: those pressed before are the terminal's, Ctrl-C among them. */
    private ConsoleSession.Ended atTerminal(String connected, Supplier<ConsoleSession.Ended> run) {
        Terminal terminal = Terminal.raw();
        try {
            tell(connected + '\r');
            return run.get();
        } finally {
            terminal.close();
            tell("");
        }
    }

    private EscapeKey key() {
        try {
            return EscapeKey.parse(escape);
        } catch (IllegalArgumentException refused) {
            throw session.usage(String.valueOf(refused.getMessage()));
        }
    }

    private long lingerMs() {
        try {
            return Units.parseDurationMs("--linger", linger);
        } catch (InvalidValueException refused) {
            throw session.usage(String.valueOf(refused.getMessage()));
        }
    }

    private String path(String resource) {
        return "/v1/vms/" + segment(vm) + '/' + resource + "?device="
                + device.name().toLowerCase(Locale.ROOT);
    }

    private String where() {
        return (from == null ? "&tail=" + tail : "&from=" + from) + (readOnly ? "&readOnly=true" : "");
    }

    /** A console that ended in order, by whichever side, is no failure. */
    private int outcome(ConsoleSession.Ended ended) {
        if (!ended.byUser()) {
            tell("the console ended: " + (ended.reason().isEmpty() ? "code " + ended.code() : ended.reason()));
        }
        return ended.code() == WebSocket.NORMAL_CLOSURE ? ExitCodes.OK : ExitCodes.REFUSED;
    }

    private void tell(String what) {
        Objects.requireNonNull(spec).commandLine().getErr().println(what.isEmpty() ? "" : "godwit: " + what);
    }
}
