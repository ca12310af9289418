package io.godwit.node.cli;

import io.godwit.node.api.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options every client command has, and where it writes. */
final class Session extends WithHelp {
    static final String DEFAULT_API = "http://127.0.0.1:7400";

    @Option(names = "--api", paramLabel = "URL", description = "the node to ask; else GODWIT_API, else " + DEFAULT_API)
    private @Nullable String api;

    @Option(names = "--json", description = "print the answer as JSON, on one line")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    private @Nullable ApiClient client;

    ApiClient api() {
        if (client == null) {
            String fromEnvironment = System.getenv("GODWIT_API");
            String url = api != null ? api : fromEnvironment != null ? fromEnvironment : DEFAULT_API;
            try {
                client = new ApiClient(url);
            } catch (IllegalArgumentException malformed) {
                throw usage(String.valueOf(malformed.getMessage()));
            }
        }
        return client;
    }

    boolean json() {
        return json;
    }

    /** Prints the answer: as it came with {@code --json}, else as its reader writes it for people. */
    int print(byte[] answer, java.util.function.Supplier<String> forPeople) {
        return json ? printRaw(answer) : printText(forPeople.get());
    }

    int printRaw(byte[] answer) {
        return printText(new String(answer, StandardCharsets.UTF_8) + "\n");
    }

    int printJson(Map<String, ?> answer) {
        return printText(Json.writeText(answer) + "\n");
    }

    int printText(String text) {
        PrintStream out = System.out;
        out.print(text);
        out.flush();
        return ExitCodes.OK;
    }

    /** Bytes as they come, for a terminal. */
    void write(byte[] bytes, int length) throws IOException {
        OutputStream out = System.out;
        out.write(bytes, 0, length);
        out.flush();
    }

    /** What may be given as a parameter or as an option, and has to be given once. */
    String oneOf(String parameter, @Nullable String given, String option, @Nullable String optional) {
        if ((given == null) == (optional == null)) {
            throw usage("give " + parameter + " or " + option + " " + parameter + (given == null ? "" : ", not both"));
        }
        return given == null ? java.util.Objects.requireNonNull(optional) : given;
    }

    ParameterException usage(String message) {
        if (spec == null) {
            throw new IllegalStateException(message);
        }
        return new ParameterException(spec.commandLine(), message);
    }
}
