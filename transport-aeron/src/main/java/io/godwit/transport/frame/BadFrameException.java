package io.godwit.transport.frame;

/** A frame that the protocol does not allow; the message names the field, its value and what was expected. */
public final class BadFrameException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BadFrameException(final String message) {
        super(message);
    }
}
