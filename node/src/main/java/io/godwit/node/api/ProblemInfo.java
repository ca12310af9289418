package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A problem document, RFC 9457, {@code application/problem+json}.
 *
 * @param type a URI reference that tells problems apart: {@code /problems/invalid} ...
 * @param title the same for people
 * @param detail this occurrence: names the thing, its value and what would be accepted
 * @param field the first field at fault, with its {@code value} and what is {@code accepted}
 * @param errors every field at fault, where there are any
 * @param reasons everything that is in the way, where the request itself is well formed
 */
public record ProblemInfo(
        String type,
        String title,
        int status,
        String detail,
        @Nullable String field,
        @Nullable String value,
        @Nullable String accepted,
        List<FieldError> errors,
        List<String> reasons) {
    public static final String MEDIA_TYPE = "application/problem+json";

    public ProblemInfo {
        errors = List.copyOf(errors);
        reasons = reasons == null ? List.of() : List.copyOf(reasons); // a node of another version may have none
    }

    /** One field at fault. */
    public record FieldError(String field, @Nullable String value, String accepted, String detail) {}
}
