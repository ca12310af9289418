package io.godwit.node.cli;

import io.godwit.node.api.ProblemInfo;
import java.util.List;

/** A request that did not succeed, with the sentence to print and the code to exit with. */
public final class ApiException extends RuntimeException {
    private final int exitCode;

    private ApiException(String message, int exitCode) {
        super(message);
        this.exitCode = exitCode;
    }

    static ApiException refused(ProblemInfo problem) {
        String detail = problem.detail().isEmpty() ? problem.title() : problem.detail();
        return new ApiException(
                problem.reasons().size() < 2 ? detail : onePerLine(detail, problem.reasons()), ExitCodes.REFUSED);
    }

    /** The detail ends with all the reasons in one sentence: each gets a line instead. */
    private static String onePerLine(String detail, List<String> reasons) {
        String sentence = ": " + String.join("; ", reasons);
        String what = detail.endsWith(sentence) ? detail.substring(0, detail.length() - sentence.length()) : detail;
        return what + ":\n  " + String.join("\n  ", reasons);
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
