package io.godwit.node.qmp;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of one command: each is asked for once, with its type, and what nobody asked for is refused. */
final class QmpArguments {
    private final Map<String, Object> left;

    QmpArguments(Map<?, ?> given) {
        left = new LinkedHashMap<>();
        given.forEach((name, value) -> left.put(String.valueOf(name), value));
    }

    Optional<String> text(String name) {
        return optional(name, String.class, "string");
    }

    String requiredText(String name) {
        return text(name).orElseThrow(() -> missing(name));
    }

    Optional<Boolean> flag(String name) {
        return optional(name, Boolean.class, "boolean");
    }

    boolean requiredFlag(String name) {
        return flag(name).orElseThrow(() -> missing(name));
    }

    /** A whole number that a long holds. */
    Optional<Long> number(String name) {
        return take(name).map(value -> whole(name, value));
    }

    long requiredNumber(String name) {
        return number(name).orElseThrow(() -> missing(name));
    }

    static long whole(String name, Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw wrongType(name, "integer");
    }

    /** A list of objects. */
    List<QmpArguments> requiredObjects(String name) {
        List<?> list = optional(name, List.class, "array").orElseThrow(() -> missing(name));
        return list.stream()
                .map(item -> {
                    if (item instanceof Map<?, ?> object) {
                        return new QmpArguments(object);
                    }
                    throw wrongType(name + "[]", "object");
                })
                .toList();
    }

    List<?> list(String name) {
        return optional(name, List.class, "array").orElse(List.of());
    }

    /** What nobody asked for yet, for a command that reads its arguments by a table of its own. */
    Map<String, Object> rest() {
        Map<String, Object> rest = new LinkedHashMap<>(left);
        left.clear();
        return rest;
    }

    /** Refuses what nobody asked for. */
    void end() {
        left.keySet().stream().findFirst().ifPresent(name -> {
            throw QmpException.generic("Parameter '" + name + "' is unexpected");
        });
    }

    private <T> Optional<T> optional(String name, Class<T> type, String expected) {
        return take(name).map(value -> {
            if (!type.isInstance(value)) {
                throw wrongType(name, expected);
            }
            return type.cast(value);
        });
    }

    private Optional<Object> take(String name) {
        if (left.containsKey(name) && left.get(name) == null) {
            throw QmpException.generic("Invalid parameter type for '" + name + "', expected a value, not null");
        }
        return Optional.ofNullable(left.remove(name));
    }

    static QmpException missing(String name) {
        return QmpException.generic("Parameter '" + name + "' is missing");
    }

    static QmpException wrongType(String name, String expected) {
        return QmpException.generic("Invalid parameter type for '" + name + "', expected: " + expected);
    }
}
