package io.godwit.migration;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What a failure says, and whose it is. */
final class Failures {
    private Failures() {}

    /** Whether the other host, or the way to it, is gone. */
    static boolean isPeerLost(StreamFailure failure) {
        return failure instanceof StreamFailure.PeerGone
                || failure instanceof StreamFailure.LinkLost
                || failure instanceof StreamFailure.LinkStalled;
    }

    static boolean isPeerLost(Throwable cause) {
        return cause instanceof StreamException stream && isPeerLost(stream.failure());
    }

    static String reason(Throwable cause) {
        if (cause instanceof StreamException stream) {
            return stream.failure().reason();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getName() : message;
    }

    /** The cause inside what futures wrap around it. */
    static Throwable unwrap(Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
