package io.godwit.actors.vm;

import io.godwit.vmm.ImageException;
import io.godwit.vmm.storage.StorageException;
import java.util.concurrent.CompletionException;

/** Carries a {@link Problem} through completion stages inside a node; never sent. */
public final class ProblemException extends RuntimeException {
    private static final String KERNEL_ACCEPTED = "a Linux bzImage, an ELF file with a PVH note, or a multiboot kernel";

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
        if (cause instanceof ImageException image) {
            return Problem.of(
                    Problem.Kind.INVALID,
                    image.role(),
                    image.path(),
                    image.role().equals("kernel") ? KERNEL_ACCEPTED : "a file that can be read",
                    String.valueOf(image.getMessage()));
        }
        if (cause instanceof StorageException storage) {
            return Problem.of(kindOf(storage), String.valueOf(storage.getMessage()));
        }
        String message = cause.getMessage();
        return Problem.of(Problem.Kind.FAILED, message == null ? cause.toString() : message);
    }

    private static Problem.Kind kindOf(StorageException failure) {
        return switch (failure.kind()) {
            case INVALID -> Problem.Kind.INVALID;
            case NOT_FOUND -> Problem.Kind.NOT_FOUND;
            case CONFLICT -> Problem.Kind.CONFLICT;
            case FULL -> Problem.Kind.UNAVAILABLE;
            case FAILED -> Problem.Kind.FAILED;
        };
    }
}
