package io.godwit.transport;

/**
 * What a lane, or a stream's lanes together, carried so far; the sender's and the receiver's must be equal at every round end.
 *
 * @param normalPages pages sent with their bytes; one that is sent twice counts twice
 * @param zeroPages pages sent as zero runs
 */
public record StreamCounts(long normalPages, long zeroPages) {
    public static final StreamCounts NONE = new StreamCounts(0, 0);

    public StreamCounts plus(final StreamCounts other) {
        return new StreamCounts(normalPages + other.normalPages, zeroPages + other.zeroPages);
    }

    public long pages() {
        return normalPages + zeroPages;
    }
}
