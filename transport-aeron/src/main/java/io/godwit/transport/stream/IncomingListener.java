package io.godwit.transport.stream;

import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;

/**
 * What happens on an incoming stream, told one after the other on its lanes' threads: hand over, do not block. Either
 * {@link #onEnd} or {@link #onFailed} is the last call; a stream closed by its owner before tells neither.
 */
public interface IncomingListener {
    /** All pages of the round are written, in all lanes, and the counts agree. */
    void onRoundEnd(RoundReceived round);

    /** A device state arrived completely, perhaps before pages that were sent ahead of it in other lanes. The array is the listener's. */
    void onDeviceState(byte[] state);

    /** The sender said in all lanes that it is done and the counts agree. The stream closes itself. */
    void onEnd(StreamCounts total);

    /**
     * Nothing more will come, but what the other lanes are just writing: see {@link IncomingStream#closed()}. The stream
     * closes itself.
     */
    void onFailed(StreamFailure failure);
}
