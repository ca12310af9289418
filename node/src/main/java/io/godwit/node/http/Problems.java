package io.godwit.node.http;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.InvalidFieldsException;
import io.godwit.config.InvalidValueException;
import io.godwit.node.api.Json;
import io.godwit.node.api.ProblemInfo;
import io.godwit.node.api.ProblemInfo.FieldError;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refusals and failures as problem documents, RFC 9457. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final ContentType PROBLEM_JSON = MediaTypes.applicationWithFixedCharset(
                    "problem+json", org.apache.pekko.http.javadsl.model.HttpCharsets.UTF_8)
            .toContentType();

    private Problems() {}

    /** The answer to a request whose handling failed. */
    static HttpResponse of(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof HttpRefusal refusal) {
            return document(refusal.status(), refusal.title(), refusal.detail(), List.of())
                    .addHeaders(refusal.headers());
        }
        if (cause instanceof InvalidFieldsException invalid) {
            return document(
                    StatusCodes.BAD_REQUEST.intValue(),
                    "Invalid request",
                    String.valueOf(invalid.getMessage()),
                    invalid.problems().stream().map(Problems::error).toList());
        }
        if (cause instanceof InvalidValueException invalid) {
            return of(new InvalidFieldsException(List.of(invalid)));
        }
        if (cause instanceof ProblemException carried) {
            return of(carried.problem());
        }
        LOG.error("a request failed", cause);
        return document(500, "Failed", String.valueOf(cause), List.of());
    }

    private static HttpResponse of(Problem problem) {
        List<FieldError> errors = problem.field() == null
                ? List.of()
                : List.of(new FieldError(
                        problem.field(),
                        problem.value(),
                        problem.accepted() == null ? "" : problem.accepted(),
                        problem.detail()));
        return switch (problem.kind()) {
            case INVALID -> document(400, "Invalid request", problem.detail(), errors, problem.reasons());
            case NOT_FOUND -> document(404, "Not found", problem.detail(), errors, problem.reasons());
            case CONFLICT -> document(409, "Conflict", problem.detail(), errors, problem.reasons());
            case UNAVAILABLE -> document(503, "Unavailable", problem.detail(), errors, problem.reasons());
            case FAILED -> document(500, "Failed", problem.detail(), errors, problem.reasons());
        };
    }

    private static FieldError error(InvalidValueException problem) {
        return new FieldError(
                problem.field(), problem.value(), problem.accepted(), String.valueOf(problem.getMessage()));
    }

    private static HttpResponse document(int status, String title, String detail, List<FieldError> errors) {
        return document(status, title, detail, errors, List.of());
    }

    private static HttpResponse document(
            int status, String title, String detail, List<FieldError> errors, List<String> reasons) {
        FieldError first = errors.isEmpty() ? null : errors.get(0);
        String type = "/problems/" + title.toLowerCase(java.util.Locale.ROOT).replace(' ', '-');
        ProblemInfo problem = new ProblemInfo(
                type,
                title,
                status,
                detail,
                first == null ? null : first.field(),
                first == null ? null : first.value(),
                first == null ? null : first.accepted(),
                errors,
                reasons);
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(PROBLEM_JSON, Json.write(problem)));
    }
}
