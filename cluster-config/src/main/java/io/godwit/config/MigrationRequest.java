package io.godwit.config;

import java.util.Map;
import java.util.Optional;

/**
 * A request to migrate a VM, from the fields of the API.
 *
 * @param target the host it is to go to
 * @param settings what was asked for; the node's defaults elsewhere
 */
public record MigrationRequest(String target, MigrationSettings settings) {
    /**
     * Reads {@code target, downtimeLimitMs, maxBandwidthBytesPerSecond, verify}.
     *
     * @throws InvalidFieldsException naming each field that is missing, malformed, out of range or unknown
     */
    public static MigrationRequest parse(Map<String, ?> fields, MigrationSettings defaults) {
        FieldReader reader = new FieldReader(fields);
        Optional<String> target = reader.requiredText("target", ValueType.name());
        Optional<Long> downtimeLimit =
                reader.optionalNumber("downtimeLimitMs", ValueType.number(1, MigrationSettings.MAX_DOWNTIME_LIMIT_MS));
        Optional<Long> bandwidth =
                reader.optionalNumber("maxBandwidthBytesPerSecond", ValueType.number(0, Long.MAX_VALUE / 2));
        Optional<VerifyMode> verify = reader.optional("verify", ValueType.oneOf(VerifyMode.class));
        return reader.finish(() -> new MigrationRequest(
                target.orElseThrow(),
                new MigrationSettings(
                        downtimeLimit.orElse(defaults.downtimeLimitMs()),
                        bandwidth.orElse(defaults.maxBandwidthBytesPerSecond()),
                        verify.orElse(defaults.verify()))));
    }
}
