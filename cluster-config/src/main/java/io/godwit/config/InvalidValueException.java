package io.godwit.config;

import org.jspecify.annotations.Nullable;

/** A value from outside that was refused: names the field, the value as given, and what would be accepted. */
public final class InvalidValueException extends IllegalArgumentException {
    private final String field;
    private final @Nullable String value;
    private final String accepted;

    public InvalidValueException(String field, Object value, String accepted) {
        super(field + ": " + quoted(value) + " is not accepted; expected " + accepted);
        this.field = field;
        this.value = String.valueOf(value);
        this.accepted = accepted;
    }

    private InvalidValueException(String field, String accepted) {
        super(field + ": missing; expected " + accepted);
        this.field = field;
        this.value = null;
        this.accepted = accepted;
    }

    /** A value that has to be there and is not. */
    public static InvalidValueException missing(String field, String accepted) {
        return new InvalidValueException(field, accepted);
    }

    /** The same of a field inside another one. */
    InvalidValueException inside(String outer) {
        String name = outer + "." + field;
        return value == null ? missing(name, accepted) : new InvalidValueException(name, value, accepted);
    }

    private static String quoted(Object value) {
        String text = String.valueOf(value);
        return '"' + (text.length() > 200 ? text.substring(0, 200) + "…" : text) + '"';
    }

    public String field() {
        return field;
    }

    /** As given; null where it is missing. */
    public @Nullable String value() {
        return value;
    }

    public String accepted() {
        return accepted;
    }
}
