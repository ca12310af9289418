package io.godwit.transport.stream;

import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;

/**
 * What happens on an incoming stream, told in order on the lane's own thread: hand over, do not block. Either
 * {@link #onEnd} or {@link #onFailed} is the last call; a stream closed by its owner before tells neither.
 */
public interface IncomingListener {
    /** All pages of the round are written and the counts agree. */
    void onRoundEnd(RoundReceived round);

    /** A device state arrived completely. The array is the listener's. */
    void onDeviceState(byte[] state);

    /** The sender said it is done and the counts agree. The stream closes itself. */
    void onEnd(StreamCounts total);

    /** Nothing more will be written. The stream closes itself. */
    void onFailed(StreamFailure failure);
}
