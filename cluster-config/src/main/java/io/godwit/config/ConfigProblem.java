package io.godwit.config;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a configuration file.
 *
 * @param file as the operator named it, or an included file
 * @param line from 1; 0 where the problem is something that is not there
 * @param key dotted path; empty where the file could not be read at all
 * @param value as written; null where nothing is
 * @param explanation what is wrong with it and what is accepted
 */
public record ConfigProblem(
        String file, int line, String key, @Nullable String value, String explanation) {
    private static final int MAX_VALUE_LENGTH = 120;

    /** {@code FILE:LINE: KEY = "VALUE": EXPLANATION}, without the parts that are not there. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file).append(':');
        if (line > 0) {
            text.append(line).append(':');
        }
        if (!key.isEmpty()) {
            text.append(' ').append(key);
            if (value != null) {
                text.append(" = \"").append(shortened(value)).append('"');
            }
            text.append(':');
        }
        return text.append(' ').append(explanation).toString();
    }

    private static String shortened(String value) {
        return value.length() > MAX_VALUE_LENGTH ? value.substring(0, MAX_VALUE_LENGTH) + "…" : value;
    }
}
