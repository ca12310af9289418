package io.godwit.control.ganeti;

import java.util.List;

/** A file that is not what {@code htools} reads: all its broken lines, each with field, value and what is accepted. */
public final class GanetiFormatException extends IllegalArgumentException {
    private static final int SHOWN = 20;

    private final List<String> problems;

    public GanetiFormatException(String file, List<String> problems) {
        super(file + ": " + problems.size() + " problems: "
                + String.join("; ", problems.subList(0, Math.min(problems.size(), SHOWN)))
                + (problems.size() > SHOWN ? "; ..." : ""));
        this.problems = List.copyOf(problems);
    }

    /** {@code line N: field: "value" is not accepted; expected ...}. */
    public List<String> problems() {
        return problems;
    }
}
