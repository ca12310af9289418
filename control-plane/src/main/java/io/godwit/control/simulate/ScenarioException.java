package io.godwit.control.simulate;

import java.util.List;

/** A scenario that is refused: all that is wrong with it, each with line, field, value and what is accepted. */
public final class ScenarioException extends IllegalArgumentException {
    private final List<String> problems;

    public ScenarioException(String file, List<String> problems) {
        super(file + ": " + String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
