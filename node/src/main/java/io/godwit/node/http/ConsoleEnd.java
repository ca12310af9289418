package io.godwit.node.http;

import java.nio.charset.StandardCharsets;

/** Why a console ends: a close code of RFC 6455, 7.4.1 (1013: IANA's registry of them), and a sentence of at most {@value #MAX_REASON_BYTES} bytes. */
final class ConsoleEnd extends RuntimeException {
    static final int NORMAL = 1000;
    static final int PROTOCOL_ERROR = 1002;
    static final int POLICY = 1008;
    static final int TOO_LARGE = 1009;
    static final int INTERNAL = 1011;
    static final int TRY_AGAIN_LATER = 1013;

    /** A control frame holds 125 bytes, two of them the code. */
    private static final int MAX_REASON_BYTES = 123;

    private final int code;

    ConsoleEnd(int code, String reason) {
        super(reason);
        this.code = code;
    }

    int code() {
        return code;
    }

    /** The reason, cut where it would be too long, never within a character. */
    String reason() {
        String reason = String.valueOf(getMessage());
        int end = reason.length();
        while (reason.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MAX_REASON_BYTES) {
            end -= Character.isLowSurrogate(reason.charAt(end - 1)) ? 2 : 1;
        }
        return reason.substring(0, end);
    }
}
