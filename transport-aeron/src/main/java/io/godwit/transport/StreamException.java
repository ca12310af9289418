package io.godwit.transport;

/** Carries a {@link StreamFailure} to whoever waits for a round, a state or an end that will not come. */
public final class StreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient StreamFailure failure;

    public StreamException(final StreamFailure failure) {
        super(failure.getClass().getSimpleName() + ": " + failure.reason());
        this.failure = failure;
    }

    public StreamFailure failure() {
        return failure;
    }
}
