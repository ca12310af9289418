package io.godwit.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
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
        return list(field, type);
    }

    /** A list whose elements are written as text; empty where it is absent. */
    public <T> List<T> list(String field, ValueType<T> type) {
        known.add(field);
        Object value = fields.get(field);
        if (value == null) {
            return List.of();
        }
        List<T> read = new ArrayList<>();
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

    /** Reads one element of a list. */
    @FunctionalInterface
    public interface ElementReader<T> {
        /** @throws InvalidFieldsException naming fields of the element */
        T read(Map<String, ?> fields, int index);
    }

    /** A list of objects; empty where it is absent. What is wrong in one is named {@code field[index].name}. */
    public <T> List<T> objects(String field, ElementReader<T> element) {
        known.add(field);
        Object value = fields.get(field);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            refuse(field, value, "a list of objects");
            return List.of();
        }
        List<T> read = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String name = field + "[" + i + "]";
            if (!(list.get(i) instanceof Map<?, ?> map)) {
                refuse(name, shown(list.get(i)), "an object");
                continue;
            }
            try {
                read.add(element.read(textKeys(map), i));
            } catch (InvalidFieldsException refused) {
                refused.problems().forEach(problem -> problems.add(problem.inside(name)));
            }
        }
        return read;
    }

    private static Map<String, ?> textKeys(Map<?, ?> map) {
        Map<String, Object> read = new LinkedHashMap<>();
        map.forEach((key, value) -> read.put(String.valueOf(key), value));
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
