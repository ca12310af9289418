package io.godwit.node.cli;

import io.godwit.node.api.ProblemInfo;

/** A request that did not succeed, with the sentence to print and the code to exit with. */
public final class ApiException extends RuntimeException {
    private final int exitCode;

    private ApiException(String message, int exitCode) {
        super(message);
        this.exitCode = exitCode;
    }

    static ApiException refused(ProblemInfo problem) {
        return new ApiException(problem.detail().isEmpty() ? problem.title() : problem.detail(), ExitCodes.REFUSED);
    }

    static ApiException unexpected(String message) {
        return new ApiException(message, ExitCodes.REFUSED);
    }

    static ApiException unreachable(String api, String reason) {
        return new ApiException(
                "no node answers at " + api + " (" + reason + "); start one, or name another with --api or GODWIT_API",
                ExitCodes.UNREACHABLE);
    }

    public int exitCode() {
        return exitCode;
    }
}
