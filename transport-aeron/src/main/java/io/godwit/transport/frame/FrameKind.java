package io.godwit.transport.frame;

import org.jspecify.annotations.Nullable;

/**
 * What a frame carries. Codes are never given to anything else; 18 (disk block) is reserved and unknown to this version.
 */
public enum FrameKind {
    /** Whole pages, one behind the other. Payload: {@code pageCount * 4096} bytes for {@code address}. */
    RAW_RUN(1),
    /** Pages that are all zero. No payload. */
    ZERO_RUN(2),
    /**
     * Part of one page, for paths whose frames cannot hold one. {@code address} is where the bytes belong; the pieces
     * of a page follow each other from its first byte to its last, nothing between them. {@code pageCount} is 1.
     */
    PAGE_PIECE(3),
    /** All pages of a round were sent. Payload: {@link CountsPayload}. */
    ROUND_END(4),
    /**
     * A chunk of a device state. {@code address} is its offset in the state and {@code pageCount} the state's length
     * in bytes; chunks follow each other, nothing between them.
     */
    DEVICE_STATE(5),
    /** The lane's last frame. Payload: {@link CountsPayload}. */
    END(6),
    /** A part of neighbouring pages, compressed together. Payload: {@link EncodedPart}. */
    COMPRESSED_BATCH(16),
    /** A part of neighbouring pages, as differences to what the receiver holds. Payload: {@link EncodedPart}. */
    XOR_DELTA(17);

    private static final FrameKind[] BY_CODE = new FrameKind[18];

    static {
        for (final FrameKind kind : values()) {
            BY_CODE[kind.code] = kind;
        }
    }

    private final byte code;

    FrameKind(final int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    /** The kind with this code, or null if this version does not know it. */
    static @Nullable FrameKind of(final byte code) {
        return code > 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
