package io.godwit.migration;

/**
 * What the target half tells its owner, on the engine's thread: do not block. Exactly one is called, unless the engine
 * is closed before.
 */
public interface IncomingListener {
    /** Everything came, was checked and is restored: the machine may be resumed once {@code Go} is given. */
    void onReady(IncomingSummary summary);

    /** @param peerLost whether the source, or the way to it, is gone; false for what was sent or happened here */
    void onFailed(String reason, boolean peerLost);
}
