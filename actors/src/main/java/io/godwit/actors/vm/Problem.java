package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.config.InvalidValueException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was refused.
 *
 * @param detail one sentence that names the thing, its value and what would be accepted
 * @param field the request's field at fault, if one is
 * @param reasons where several things are in the way: each of them; else empty
 */
public record Problem(
        Kind kind,
        String detail,
        @Nullable String field,
        @Nullable String value,
        @Nullable String accepted,
        List<String> reasons)
        implements Wire {
    public Problem {
        reasons = List.copyOf(reasons);
    }

    public enum Kind {
        /** The request itself is wrong. */
        INVALID,
        /** What it names does not exist. */
        NOT_FOUND,
        /** Not in the present state; the detail says which operation or state is in the way. */
        CONFLICT,
        /** A host or the ledger's majority cannot be reached, or resources are short. */
        UNAVAILABLE,
        /** It was tried and failed. */
        FAILED
    }

    public static Problem of(Kind kind, String detail) {
        return new Problem(kind, detail, null, null, null, List.of());
    }

    public static Problem of(Kind kind, String field, Object value, String accepted, String detail) {
        return new Problem(kind, detail, field, String.valueOf(value), accepted, List.of());
    }

    public static Problem of(InvalidValueException refused) {
        return new Problem(
                Kind.INVALID,
                String.valueOf(refused.getMessage()),
                refused.field(),
                refused.value(),
                refused.accepted(),
                List.of());
    }

    /** A conflict with every reason for it. */
    public static Problem refused(String what, List<String> reasons) {
        return new Problem(Kind.CONFLICT, what + ": " + String.join("; ", reasons), null, null, null, reasons);
    }
}
