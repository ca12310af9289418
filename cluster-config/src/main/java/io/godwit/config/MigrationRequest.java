package io.godwit.config;

import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A request to migrate a VM, from the fields of the API.
 *
 * @param destination the host it is to go to, or what is wished of it
 * @param dryRun whether only to say what the migration would be like
 * @param parameters what was asked for; the VM's and the cluster's elsewhere
 */
public record MigrationRequest(Destination destination, boolean dryRun, MigrationParameters parameters) {
    /**
     * Reads {@code target, preferHost, skipCpuCheck, skipKernelCheck, dryRun} and every {@link MigrationParameter} by its name. The two limits may also be given as plain
     * numbers whose field names their unit: {@code downtimeLimitMs, maxBandwidthBytesPerSecond}.
     *
     * @throws InvalidFieldsException naming each field that is missing, malformed, out of range or unknown
     */
    public static MigrationRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Destination destination = Destination.read(reader);
        Optional<Boolean> dryRun = reader.optional("dryRun", ValueType.bool());
        MigrationParameters parameters = parameters(reader);
        return reader.finish(() -> new MigrationRequest(destination, dryRun.orElse(false), parameters));
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
