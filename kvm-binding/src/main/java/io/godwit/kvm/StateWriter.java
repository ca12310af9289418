package io.godwit.kvm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes a saved state, little-endian. */
final class StateWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(8192);

    void putInt(int value) {
        out.writeBytes(little(Integer.BYTES).putInt(value).array());
    }

    void putLong(long value) {
        out.writeBytes(little(Long.BYTES).putLong(value).array());
    }

    /** With its length before it. */
    void putBytes(byte[] bytes) {
        putInt(bytes.length);
        out.writeBytes(bytes);
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
