package io.godwit.actors.vm;

import java.util.concurrent.CompletionException;

/** Carries a {@link Problem} through completion stages inside a node; never sent. */
public final class ProblemException extends RuntimeException {
    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.detail());
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    /** The problem a failed stage carries, or one made of its cause. */
    public static Problem problemOf(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ProblemException carried) {
            return carried.problem();
        }
        String message = cause.getMessage();
        return Problem.of(Problem.Kind.FAILED, message == null ? cause.toString() : message);
    }
}
