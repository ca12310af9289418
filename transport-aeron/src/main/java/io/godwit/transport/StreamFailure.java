package io.godwit.transport;

/** Why a stream ended before its end. The record type says what to do about it, {@link #reason()} what to tell. */
public sealed interface StreamFailure {
    /** One line that names the thing, the value and what was expected. */
    String reason();

    /** The other end is not there: it never came, its connection was lost, or it left without an end frame. */
    record PeerGone(String reason) implements StreamFailure {}

    /** Nothing was heard from the other end for the link timeout: the link is down, or the host behind it. */
    record LinkLost(String reason) implements StreamFailure {}

    /** The other end answers but takes nothing. */
    record LinkStalled(String reason) implements StreamFailure {}

    /** This host's media driver died under the stream; it is started again for the next one. */
    record DriverDied(String reason) implements StreamFailure {}

    /** This host would not open the stream: no room for its buffers, no such address, no free port. */
    record Refused(String reason) implements StreamFailure {}

    /** The other end sent what the protocol does not allow; nothing of it was written. */
    record BadFrame(String reason) implements StreamFailure {}

    /** Guest memory, or a listener of this host, threw. */
    record LocalFault(String reason) implements StreamFailure {}

    /** Closed here before its end. */
    record Cancelled(String reason) implements StreamFailure {}
}
