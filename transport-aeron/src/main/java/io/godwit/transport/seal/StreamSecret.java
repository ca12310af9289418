package io.godwit.transport.seal;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What the two ends of a stream share and nobody else knows: 32 bytes, carried by the control channel, from which the
 * lanes' keys are derived. Wiped when closed; never part of a text.
 */
public final class StreamSecret implements AutoCloseable {
    public static final int LENGTH = 32;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] bytes;
    private boolean closed;

    private StreamSecret(final byte[] bytes) {
        this.bytes = bytes;
    }

    /** A new one. */
    public static StreamSecret random() {
        final byte[] fresh = new byte[LENGTH];
        RANDOM.nextBytes(fresh);
        return new StreamSecret(fresh);
    }

    /** As received; copies the bytes. */
    public static StreamSecret of(final byte[] received) {
        if (received.length != LENGTH) {
            throw new IllegalArgumentException(
                    "stream secret of " + received.length + " bytes: " + LENGTH + " are expected");
        }
        return new StreamSecret(received.clone());
    }

    /**
     * A copy, for the control channel and for deriving keys; the caller wipes it.
     *
     * @throws IllegalStateException when closed
     */
    public synchronized byte[] copyBytes() {
        if (closed) {
            throw new IllegalStateException("the stream secret was wiped: one that is not closed is expected");
        }
        return bytes.clone();
    }

    /** Wipes the bytes. Idempotent; keys already derived live on in their lanes. */
    @Override
    public synchronized void close() {
        closed = true;
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public String toString() {
        return "StreamSecret[hidden]";
    }
}
