package io.godwit.node.qmp;

import io.godwit.config.InvalidValueException;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ValueType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Migration parameters in QMP's units: durations in ms, sizes in bytes, rates in bytes per second ({@code
 * vcpu-dirty-limit} in MiB per second), words as words, all of them under the names of {@link MigrationParameter}, or
 * under QEMU's where it has another.
 */
final class QmpParameters {
    private static final String ZERO_PAGES = MigrationParameter.ZERO_PAGES.name();
    private static final String DIRTY_LIMIT = MigrationParameter.VCPU_DIRTY_LIMIT.name();
    private static final int MEBIBYTE_SHIFT = 20;

    /** Set by migrate-set-capabilities. */
    private static final Set<MigrationParameter<?>> CAPABILITIES = Set.of(
            MigrationParameter.XBZRLE, MigrationParameter.AUTO_CONVERGE, MigrationParameter.PAUSE_BEFORE_SWITCHOVER);

    private static final Map<String, MigrationParameter<?>> ALSO_KNOWN = Map.of(
            "multifd-zlib-level", MigrationParameter.COMPRESS_LEVEL,
            "multifd-zstd-level", MigrationParameter.COMPRESS_LEVEL);

    private static final Map<String, String> ABSENT = Map.of(
            "tls-creds", "certificates are the cluster's, from its configuration; see encryption",
            "tls-hostname", "hosts prove their names by the cluster's certificates",
            "tls-authz", "which hosts may migrate is the cluster's configuration",
            "max-postcopy-bandwidth", "there is no post-copy in this version",
            "x-checkpoint-delay", "there is no continuous checkpointing in this version");

    private QmpParameters() {}

    /** What query-migrate-parameters tells. */
    static Map<String, Object> toJson(MigrationParameters effective) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (MigrationParameter<?> parameter : MigrationParameter.ALL) {
            if (!CAPABILITIES.contains(parameter)) {
                json.put(parameter.name(), value(effective, parameter));
            }
        }
        return json;
    }

    private static Object value(MigrationParameters effective, MigrationParameter<?> parameter) {
        if (parameter.equals(MigrationParameter.ZERO_PAGES)) {
            return effective.get(MigrationParameter.ZERO_PAGES) ? "multifd" : "none";
        } else if (parameter.equals(MigrationParameter.VCPU_DIRTY_LIMIT)) {
            return effective.get(MigrationParameter.VCPU_DIRTY_LIMIT) >> MEBIBYTE_SHIFT;
        }
        Object value = effective.get(parameter);
        return value instanceof Enum<?> word ? ValueType.nameOf(word) : value;
    }

    /**
     * Reads what migrate-set-parameters was given.
     *
     * @throws QmpException naming the first parameter that is unknown or whose value is not accepted
     */
    static MigrationParameters parse(Map<String, Object> given) {
        MigrationParameters read = MigrationParameters.NONE;
        for (Map.Entry<String, Object> entry : given.entrySet()) {
            MigrationParameter<?> parameter = named(entry.getKey());
            read = read.with(parameter, text(entry.getKey(), parameter, entry.getValue()));
        }
        return read;
    }

    private static MigrationParameter<?> named(String name) {
        MigrationParameter<?> known = ALSO_KNOWN.get(name);
        if (known != null) {
            return known;
        }
        return MigrationParameter.named(name)
                .filter(parameter -> !CAPABILITIES.contains(parameter))
                .orElseThrow(() -> QmpException.generic("Parameter '" + name + "' is unexpected" + why(name)));
    }

    private static String why(String name) {
        if (ABSENT.containsKey(name)) {
            return ": " + ABSENT.get(name);
        }
        return MigrationParameter.named(name).isPresent() ? ": it is a capability, see migrate-set-capabilities" : "";
    }

    private static String text(String name, MigrationParameter<?> parameter, Object value) {
        String text;
        if (name.equals(ZERO_PAGES)) {
            text = zeroPages(value);
        } else {
            Object usual = MigrationParameters.NONE.get(parameter);
            if (usual instanceof Boolean) {
                if (!(value instanceof Boolean)) {
                    throw QmpArguments.wrongType(name, "boolean");
                }
                text = value.toString();
            } else if (usual instanceof Enum) {
                if (!(value instanceof String word)) {
                    throw QmpArguments.wrongType(name, "string");
                }
                text = word;
            } else {
                text = number(name, parameter, QmpArguments.whole(name, value));
            }
        }
        try {
            parameter.type().parse(name, text);
            return text;
        } catch (InvalidValueException refused) {
            throw QmpException.generic(String.valueOf(refused.getMessage()));
        }
    }

    private static String number(String name, MigrationParameter<?> parameter, long value) {
        if (name.equals(DIRTY_LIMIT)) {
            return value + "MiB/s";
        } else if (parameter.equals(MigrationParameter.TIMEOUT) && value == 0) {
            return parameter.defaultText();
        }
        boolean isDuration = parameter.equals(MigrationParameter.TIMEOUT)
                || parameter.defaultText().endsWith("ms");
        return isDuration ? value + "ms" : Long.toString(value);
    }

    /** QEMU names who looks for zero pages; here it is always the lane. */
    private static String zeroPages(Object value) {
        if (value instanceof Boolean) {
            return value.toString();
        } else if (value.equals("none")) {
            return "false";
        } else if (value.equals("legacy") || value.equals("multifd")) {
            return "true";
        }
        throw QmpException.generic(
                ZERO_PAGES + ": \"" + value + "\" is not accepted; expected none, legacy or multifd");
    }
}
