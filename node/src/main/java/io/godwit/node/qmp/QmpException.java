package io.godwit.node.qmp;

import io.godwit.actors.vm.ProblemException;
import io.godwit.config.InvalidFieldsException;
import io.godwit.config.InvalidValueException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;

/** A command that is answered with an error: its class, as QEMU names them, and a sentence. */
final class QmpException extends RuntimeException {
    /** QEMU's classes of errors that are used here. */
    enum Kind {
        GENERIC("GenericError"),
        COMMAND_NOT_FOUND("CommandNotFound");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private final Kind kind;

    private QmpException(Kind kind, String desc) {
        super(desc);
        this.kind = kind;
    }

    static QmpException generic(String desc) {
        return new QmpException(Kind.GENERIC, desc);
    }

    static QmpException notFound(String desc) {
        return new QmpException(Kind.COMMAND_NOT_FOUND, desc);
    }

    /** The error that a failed stage stands for. */
    static QmpException of(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof QmpException error) {
            return error;
        } else if (cause instanceof InvalidFieldsException || cause instanceof InvalidValueException) {
            return generic(String.valueOf(cause.getMessage()));
        }
        return generic(ProblemException.problemOf(cause).detail());
    }

    /** As it stands in a reply. */
    Map<String, Object> toJson() {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("class", kind.label);
        error.put("desc", String.valueOf(getMessage()));
        return error;
    }
}
