package io.godwit.config;

import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration file.
 *
 * @param path dotted, such as {@code host.state-dir}
 * @param shape one value, a list of values, or a list of entries with fields
 * @param type of the value, or of each value of a list; of an entry's main field for entries
 * @param defaultText as it would be written in the file; null when the key is required
 * @param derivedDefault what is used where the default is worked out from other keys, in words; else null
 * @param description for operators: one or two sentences
 */
public record ConfigKey<T>(
        String path,
        Shape shape,
        ValueType<T> type,
        @Nullable String defaultText,
        @Nullable String derivedDefault,
        String description) {
    /** How the values of a key are arranged. */
    public enum Shape {
        VALUE,
        LIST,
        VOTERS,
        POOLS,
        NETWORKS
    }

    static <T> ConfigKey<T> required(String path, ValueType<T> type, String description) {
        return new ConfigKey<>(path, Shape.VALUE, type, null, null, description);
    }

    static <T> ConfigKey<T> of(String path, ValueType<T> type, String defaultText, String description) {
        return new ConfigKey<>(path, Shape.VALUE, type, defaultText, null, description);
    }

    static <T> ConfigKey<T> derived(String path, ValueType<T> type, String derivedDefault, String description) {
        return new ConfigKey<>(path, Shape.VALUE, type, null, derivedDefault, description);
    }

    static <T> ConfigKey<T> list(
            String path, Shape shape, ValueType<T> type, String derivedDefault, String description) {
        return new ConfigKey<>(path, shape, type, null, derivedDefault, description);
    }

    public boolean isRequired() {
        return defaultText == null && derivedDefault == null;
    }

    /** What is accepted, in words. */
    public String accepted() {
        return switch (shape) {
            case VALUE -> type.accepted();
            case LIST -> "a list, each " + type.accepted();
            case VOTERS -> "1, 3 or 5 entries { host = NAME, address = \"HOST:PORT\" }";
            case POOLS ->
                "a list, each { name = NAME, path = \"/DIRECTORY\", kind = local or shared, fencing = command, trust-permit or none }";
            case NETWORKS -> "a list, each { name = NAME, bridge = BRIDGE }, or without a bridge";
        };
    }
}
