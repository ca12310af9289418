package io.godwit.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration file that was refused, with everything that is wrong with it, one line each. */
public final class InvalidConfigException extends RuntimeException {
    /** Java-serialized never; kept for the reader of {@link #problems()}. */
    private final transient List<ConfigProblem> problems;

    public InvalidConfigException(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining(System.lineSeparator())));
        this.problems = List.copyOf(problems);
    }

    public List<ConfigProblem> problems() {
        return problems;
    }
}
