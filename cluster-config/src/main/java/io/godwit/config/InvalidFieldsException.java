package io.godwit.config;

import java.util.List;
import java.util.stream.Collectors;

/** A request with fields that were refused: all of them. */
public final class InvalidFieldsException extends IllegalArgumentException {
    private final transient List<InvalidValueException> problems;

    /** @param problems at least one */
    public InvalidFieldsException(List<InvalidValueException> problems) {
        super(problems.stream().map(Throwable::getMessage).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    public List<InvalidValueException> problems() {
        return problems;
    }
}
