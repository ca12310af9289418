package io.godwit.transport.stream;

import java.time.Duration;

/** What both ends use unless told otherwise. */
final class StreamDefaults {
    static final int TERM_LENGTH_BYTES = 4 * 1024 * 1024;
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    static final Duration STALL_TIMEOUT = Duration.ofSeconds(5);
    static final int QUEUED_RANGES = 256;
    static final int MAX_DEVICE_STATE_BYTES = 64 * 1024 * 1024;

    private StreamDefaults() {}
}
