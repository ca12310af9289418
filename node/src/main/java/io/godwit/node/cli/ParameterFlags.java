package io.godwit.node.cli;

import io.godwit.config.Compression;
import io.godwit.config.Encryption;
import io.godwit.config.InvalidValueException;
import io.godwit.config.MigrationParameter;
import io.godwit.config.TimeoutAction;
import io.godwit.config.ValueType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Every {@link MigrationParameter} as a flag, made from the one list, and beside them the flags that virsh's and
 * Cloudpods' users type. Values become the text that the API takes.
 */
final class ParameterFlags {
    private static final int MAX_MEBIBYTES = Integer.MAX_VALUE;

    /** Another tool's flag: which parameter it sets, and what its value is here. */
    private record Alias(MigrationParameter<?> parameter, Function<String, String> value) {}

    private static final Map<String, Alias> ALIASES = new LinkedHashMap<>();

    static {
        ALIASES.put("--max-bandwidth-mb", new Alias(MigrationParameter.MAX_BANDWIDTH, ParameterFlags::mebibytes));
        ALIASES.put("--bandwidth", new Alias(MigrationParameter.MAX_BANDWIDTH, ParameterFlags::mebibytes));
        ALIASES.put("--compressed", to(MigrationParameter.COMPRESSION, ValueType.nameOf(Compression.ZSTD)));
        ALIASES.put("--enable-tls", to(MigrationParameter.ENCRYPTION, ValueType.nameOf(Encryption.ON)));
        ALIASES.put("--tls", to(MigrationParameter.ENCRYPTION, ValueType.nameOf(Encryption.ON)));
        for (TimeoutAction action : TimeoutAction.values()) {
            String name = ValueType.nameOf(action);
            ALIASES.put("--timeout-" + name, to(MigrationParameter.TIMEOUT_ACTION, name));
        }
    }

    private ParameterFlags() {}

    private static Alias to(MigrationParameter<?> parameter, String value) {
        return new Alias(parameter, given -> value);
    }

    /** MiB/s, as virsh and Cloudpods count. */
    static String mebibytes(String text) {
        return ValueType.integer(0, MAX_MEBIBYTES).parse("MiB/s", text) + "MiB/s";
    }

    static void addTo(CommandSpec command) {
        MigrationParameter.ALL.forEach(parameter -> command.addOption(option(parameter)));
        command.addOption(text("--max-bandwidth-mb", "N", "the same in MiB/s; 0 is unlimited"));
        command.addOption(text("--bandwidth", "N", "the same again, as virsh calls it"));
        command.addOption(flag("--compressed", "--multifd-compression zstd"));
        command.addOption(flag("--enable-tls", "--encryption on"));
        command.addOption(flag("--tls", "the same, as virsh calls it"));
        for (TimeoutAction action : TimeoutAction.values()) {
            String name = ValueType.nameOf(action);
            command.addOption(flag("--timeout-" + name, "--timeout-action " + name));
        }
    }

    private static OptionSpec option(MigrationParameter<?> parameter) {
        String flag = "--" + parameter.name();
        if (isBoolean(parameter)) {
            return OptionSpec.builder(flag)
                    .type(boolean.class)
                    .negatable(true)
                    .description(described(parameter))
                    .build();
        }
        String[] names = parameter.equals(MigrationParameter.CHANNELS)
                ? new String[] {flag, "--parallel-connections"}
                : new String[] {flag};
        return OptionSpec.builder(flag)
                .names(names)
                .type(String.class)
                .paramLabel(label(parameter))
                .description(described(parameter))
                .build();
    }

    private static String described(MigrationParameter<?> parameter) {
        String bare = bareUnit(parameter);
        return parameter.description() + " Usual: " + parameter.defaultText() + "."
                + (bare.isEmpty() ? "" : " A bare number is in " + bare + ".");
    }

    private static OptionSpec text(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .description(description)
                .build();
    }

    private static boolean isBoolean(MigrationParameter<?> parameter) {
        return parameter.type().accepted().equals(ValueType.bool().accepted());
    }

    /** The unit of a number without one: as virsh counts its timeout, and all else in milliseconds. */
    private static String bareUnit(MigrationParameter<?> parameter) {
        if (parameter.equals(MigrationParameter.TIMEOUT)) {
            return "seconds";
        }
        return parameter.defaultText().endsWith("ms") ? "milliseconds" : "";
    }

    private static String label(MigrationParameter<?> parameter) {
        if (!bareUnit(parameter).isEmpty()) {
            return "DURATION";
        } else if (parameter.defaultText().equals("unlimited")) {
            return "RATE";
        } else if (parameter.defaultText().endsWith("iB")) {
            return "SIZE";
        }
        return Character.isDigit(parameter.defaultText().charAt(0)) ? "N" : "MODE";
    }

    /**
     * What was given, by parameter, as the API takes it.
     *
     * @throws ParameterException for a value that its parameter does not accept, or one given twice
     */
    static Map<String, String> given(ParseResult parsed) {
        Map<String, String> values = new LinkedHashMap<>();
        for (MigrationParameter<?> parameter : MigrationParameter.ALL) {
            String flag = "--" + parameter.name();
            if (parsed.hasMatchedOption(flag)) {
                put(parsed, values, flag, parameter, value -> withUnit(parameter, value));
            }
        }
        ALIASES.forEach((flag, alias) -> {
            if (parsed.hasMatchedOption(flag)) {
                put(parsed, values, flag, alias.parameter(), alias.value());
            }
        });
        return values;
    }

    private static void put(
            ParseResult parsed,
            Map<String, String> values,
            String flag,
            MigrationParameter<?> parameter,
            Function<String, String> reading) {
        String given = String.valueOf(parsed.<Object>matchedOptionValue(flag, ""));
        try {
            String value = reading.apply(given);
            parameter.type().parse(flag, value);
            String before = values.put(parameter.name(), value);
            if (before != null && !before.equals(value)) {
                throw new ParameterException(
                        parsed.commandSpec().commandLine(),
                        parameter.name() + " is given as " + before + " and as " + value + "; give it once");
            }
        } catch (InvalidValueException refused) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(), String.valueOf(refused.getMessage()), refused);
        }
    }

    /** A bare number with the unit that its flag says it has. */
    static String withUnit(MigrationParameter<?> parameter, String value) {
        boolean bare = !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!bare || bareUnit(parameter).isEmpty()) {
            return value;
        }
        return value + (parameter.equals(MigrationParameter.TIMEOUT) ? "s" : "ms");
    }
}
