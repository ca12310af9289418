package io.godwit.transport.stream;

import io.godwit.transport.driver.NetworkPath;
import java.time.Duration;

/** What both ends use unless told otherwise. */
final class StreamDefaults {
    static final Duration LINK_TIMEOUT = Duration.ofSeconds(5);
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    static final Duration STALL_TIMEOUT = Duration.ofSeconds(5);
    static final int QUEUED_RANGES = 256;
    static final int MAX_DEVICE_STATE_BYTES = 64 * 1024 * 1024;

    /**
     * What the window of a busy path wants, of all lanes together: half a term is under way at most. On loopback it
     * bridges not the distance but the time that a guest takes the cores: with terms of 1 MiB the window of 512 KiB ran
     * empty between two turns of a thread, and half the rate was lost.
     */
    private static final int ALL_TERMS_BYTES = 8 * 1024 * 1024;

    private static final int LONGEST_TERM_BYTES = 4 * 1024 * 1024;
    /** Aeron wants eight of the longest datagrams in a term. */
    private static final int SHORTEST_TERM_BYTES = 1024 * 1024;

    private static final int ROUND_END_BYTES = 128;

    private static final int MIN_TERM_LENGTH_BYTES = 64 * 1024;
    private static final int MAX_TERM_LENGTH_BYTES = 1024 * 1024 * 1024;

    private StreamDefaults() {}

    /** 4 MiB for one or two lanes, less for more of them, so that shared memory bears many lanes: 1 MiB at least. */
    static int termLengthBytes(final int lanes) {
        final int share = Integer.highestOneBit(ALL_TERMS_BYTES / lanes);
        return Math.max(SHORTEST_TERM_BYTES, Math.min(LONGEST_TERM_BYTES, share));
    }

    /** A lane may be ahead of another by the round ends that half a term, the largest window, holds of it. */
    static int maxOpenRounds(final IncomingSettings settings) {
        return settings.termLengthBytes() / 2 / ROUND_END_BYTES;
    }

    static void checkTermLength(final int bytes) {
        if (bytes < MIN_TERM_LENGTH_BYTES || bytes > MAX_TERM_LENGTH_BYTES || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("termLengthBytes " + bytes
                    + ": a power of two from " + MIN_TERM_LENGTH_BYTES + " to " + MAX_TERM_LENGTH_BYTES
                    + " is expected");
        }
    }

    /** A frame must hold a round end; Aeron wants a multiple of its frame alignment. */
    static void checkMtu(final int length) {
        if (length != 0 && (length < 512 || length > NetworkPath.LOOPBACK_MTU || length % 32 != 0)) {
            throw new IllegalArgumentException(
                    "mtuLength " + length + ": a multiple of 32 from 512 to 65504 is expected, or 0 to choose by path");
        }
    }

    static void checkTimeout(final String name, final Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    name + " " + timeout.toMillis() + " ms: more than 0, at most an hour, is expected");
        }
    }
}
