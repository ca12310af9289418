package io.godwit.config;

import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A request to migrate a VM, from the fields of the API.
 *
 * @param destination the host it is to go to, or what is wished of it
 * @param mode live where nothing is said
 * @param autoStart whether a VM that is off is started once it is there; of a live one nothing but false
 * @param dryRun whether only to say what the migration would be like
 * @param parameters what was asked for; the VM's and the cluster's elsewhere
 */
public record MigrationRequest(
        Destination destination,
        MigrationMode mode,
        boolean autoStart,
        boolean dryRun,
        MigrationParameters parameters) {
    public MigrationRequest {
        if (mode == MigrationMode.LIVE) {
            refuse("autoStart", autoStart, "false, or mode=cold or mode=rescue: a VM that moves live runs already");
        } else {
            String name = ValueType.nameOf(mode);
            if (mode == MigrationMode.COLD && destination.target().isEmpty()) {
                throw new InvalidValueException("target", "", "the name of a host where mode is cold");
            }
            refuse("dryRun", dryRun, "false where mode is " + name + ": only a live migration is foretold");
            String stateless = "false where mode is " + name + ": no guest state is moved";
            refuse("skipCpuCheck", destination.skipped().cpu(), stateless);
            refuse("skipKernelCheck", destination.skipped().kernel(), stateless);
            parameters.values().forEach((field, value) -> {
                throw new InvalidValueException(
                        field, value, "nothing where mode is " + name + ": it is for live migrations");
            });
            if (destination.preferHost().isPresent()) {
                throw new InvalidValueException(
                        "preferHost", destination.preferHost().get(), "target instead where mode is " + name);
            }
        }
    }

    private static void refuse(String field, boolean set, String accepted) {
        if (set) {
            throw new InvalidValueException(field, true, accepted);
        }
    }

    /**
     * Reads {@code target, preferHost, skipCpuCheck, skipKernelCheck, mode, autoStart, dryRun} and every {@link MigrationParameter} by its name. The two limits may also be given as plain
     * numbers whose field names their unit: {@code downtimeLimitMs, maxBandwidthBytesPerSecond}.
     *
     * @throws InvalidFieldsException naming each field that is missing, malformed, out of range or unknown
     */
    public static MigrationRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Destination destination = Destination.read(reader);
        Optional<MigrationMode> mode = reader.optional("mode", ValueType.oneOf(MigrationMode.class));
        Optional<Boolean> autoStart = reader.optional("autoStart", ValueType.bool());
        Optional<Boolean> dryRun = reader.optional("dryRun", ValueType.bool());
        MigrationParameters parameters = parameters(reader);
        return reader.finish(() -> new MigrationRequest(
                destination,
                mode.orElse(MigrationMode.LIVE),
                autoStart.orElse(false),
                dryRun.orElse(false),
                parameters));
    }

    /**
     * Reads a change of parameters, with the same names.
     *
     * @throws InvalidFieldsException as above
     */
    public static MigrationParameters parseParameters(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        MigrationParameters parameters = parameters(reader);
        return reader.finish(() -> parameters);
    }

    /**
     * Reads a change of parameters where null means that a parameter falls back to what lies beneath.
     *
     * @throws InvalidFieldsException as above
     */
    public static ParametersChange parseChange(Map<String, ?> fields) {
        TreeSet<String> unset = fields.entrySet().stream()
                .filter(field -> field.getValue() == null)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
        return new ParametersChange(false, parseParameters(fields), unset);
    }

    private static MigrationParameters parameters(FieldReader reader) {
        MigrationParameters read = MigrationParameters.NONE;
        for (MigrationParameter<?> parameter : MigrationParameter.ALL) {
            read = reader.optionalAsWritten(parameter.name(), parameter.type())
                    .map(read.asChange(parameter))
                    .orElse(read);
        }
        Optional<Long> downtimeMs =
                reader.optionalNumber("downtimeLimitMs", ValueType.number(1, MigrationSettings.MAX_DOWNTIME_LIMIT_MS));
        if (downtimeMs.isPresent()) {
            read = read.with(MigrationParameter.DOWNTIME_LIMIT, downtimeMs.get() + "ms");
        }
        Optional<Long> bandwidth =
                reader.optionalNumber("maxBandwidthBytesPerSecond", ValueType.number(0, Long.MAX_VALUE / 2));
        if (bandwidth.isPresent()) {
            read = read.with(MigrationParameter.MAX_BANDWIDTH, bandwidth.get());
        }
        return read;
    }
}
