package io.godwit.migration;

/** Someone asked for the end. Has no stack: it is an answer, not a fault. */
final class CancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CancelledException(String reason) {
        super(reason, null, false, false);
    }
}
