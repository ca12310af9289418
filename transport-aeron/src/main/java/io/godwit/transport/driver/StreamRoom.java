package io.godwit.transport.driver;

/**
 * Room for the term buffers of all lanes of a stream's end: asked for in whole by the lane that opens first, counted as
 * taken until each lane's buffers exist and the file system itself counts them, or the stream is closed.
 */
public final class StreamRoom implements AutoCloseable {
    private final TermAdmission admission;
    private final int termLengthBytes;
    private final int lanes;
    private boolean asked;
    private long pendingBytes;

    StreamRoom(final TermAdmission admission, final int termLengthBytes, final int lanes) {
        this.admission = admission;
        this.termLengthBytes = termLengthBytes;
        this.lanes = lanes;
    }

    /** @throws io.godwit.transport.StreamException with the numbers, if there is not enough room */
    synchronized void reserve() {
        if (!asked) {
            pendingBytes = admission.reserve(termLengthBytes, lanes);
            asked = true;
        }
    }

    /** One lane's buffers exist, or never will. */
    synchronized void settleLane() {
        settle(Math.min(pendingBytes, TermAdmission.bytes(termLengthBytes, 1)));
    }

    /** No lane will ask for more. */
    @Override
    public synchronized void close() {
        asked = true;
        settle(pendingBytes);
    }

    private void settle(final long bytes) {
        pendingBytes -= bytes;
        admission.settle(bytes);
    }
}
