package io.godwit.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a request, as they come out of JSON: text, numbers, booleans, lists and nested maps. What is
 * wrong is collected, so that {@link #finish} reports all of it; fields nobody asked for are refused by name.
 */
public final class FieldReader {
    private final Map<String, ?> fields;
    private final Set<String> known = new LinkedHashSet<>();
    private final List<InvalidValueException> problems = new ArrayList<>();

    public FieldReader(Map<String, ?> fields) {
        this.fields = fields;
    }

    /** A field that may be absent or null. Text, numbers and booleans are accepted where the type reads them. */
    public <T> Optional<T> optional(String field, ValueType<T> type) {
        known.add(field);
        Object value = fields.get(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof String) && !(value instanceof Number) && !(value instanceof Boolean)) {
            return refuse(field, value, type.accepted());
        }
        try {
            return Optional.of(type.parse(field, value.toString()));
        } catch (InvalidValueException refused) {
            problems.add(refused);
            return Optional.empty();
        }
    }

    /** As {@link #optional}, but what was written instead of what it is read to. */
    public Optional<String> optionalAsWritten(String field, ValueType<?> type) {
        return optional(field, type).map(read -> String.valueOf(fields.get(field)));
    }

    /** A number that must be written as one: {@code "2"} is refused. */
    public <T> Optional<T> optionalNumber(String field, ValueType<T> type) {
        Object value = fields.get(field);
        if (value instanceof String) {
            known.add(field);
            return refuse(field, value, "a number, " + type.accepted());
        }
        return optional(field, type);
    }

    /** Text that must be written as text: a bare number is refused. */
    public Optional<String> optionalText(String field, ValueType<String> type) {
        Object value = fields.get(field);
        if (value instanceof Number) {
            known.add(field);
            return refuse(field, value, "text: " + type.accepted());
        }
        return optional(field, type);
    }

    /** A field that must be there; empty when it is not, or was refused. */
    public <T> Optional<T> required(String field, ValueType<T> type) {
        return isMissing(field, type) ? Optional.empty() : optional(field, type);
    }

    /** Text that must be there. */
    public Optional<String> requiredText(String field, ValueType<String> type) {
        return isMissing(field, type) ? Optional.empty() : optionalText(field, type);
    }

    private boolean isMissing(String field, ValueType<?> type) {
        known.add(field);
        if (fields.get(field) != null) {
            return false;
        }
        problems.add(InvalidValueException.missing(field, type.accepted()));
        return true;
    }

    /** A list of texts; empty where it is absent. */
    public List<String> texts(String field, ValueType<String> type) {
        known.add(field);
        Object value = fields.get(field);
        if (value == null) {
            return List.of();
        }
        List<String> read = new ArrayList<>();
        for (Object item : value instanceof List<?> list ? list : List.of(value)) {
            if (!(value instanceof List) || !(item instanceof String text)) {
                refuse(field, value, "a list, each " + type.accepted());
                return List.of();
            }
            try {
                read.add(type.parse(field, text));
            } catch (InvalidValueException refused) {
                problems.add(refused);
            }
        }
        return read;
    }

    private <T> Optional<T> refuse(String field, Object value, String accepted) {
        problems.add(new InvalidValueException(field, value, accepted));
        return Optional.empty();
    }

    /**
     * Refuses unknown fields, then makes the result, unless something was refused.
     *
     * @throws InvalidFieldsException with everything that was refused
     */
    public <T> T finish(Supplier<T> result) {
        for (Map.Entry<String, ?> field : fields.entrySet()) {
            if (!known.contains(field.getKey())) {
                problems.add(new InvalidValueException(field.getKey(), shown(field.getValue()), knownFields(field)));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidFieldsException(problems);
        }
        try {
            return result.get();
        } catch (InvalidValueException refused) {
            throw new InvalidFieldsException(List.of(refused));
        }
    }

    private String knownFields(Map.Entry<String, ?> field) {
        String suggestion = Nearest.to(field.getKey(), known)
                .map(near -> " (did you mean \"" + near + "\"?)")
                .orElse("");
        return known.isEmpty() ? "no fields" : "only the fields " + String.join(", ", known) + suggestion;
    }

    private static Object shown(@Nullable Object value) {
        return value == null ? "null" : value;
    }
}
