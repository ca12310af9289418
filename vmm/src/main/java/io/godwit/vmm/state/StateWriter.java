package io.godwit.vmm.state;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes one component's state, little-endian. Grows as needed; what it wrote is read by {@link StateReader}. */
public final class StateWriter {
    private ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

    public StateWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public StateWriter u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    public StateWriter u32(int value) {
        room(4).putInt(value);
        return this;
    }

    public StateWriter u64(long value) {
        room(8).putLong(value);
        return this;
    }

    public StateWriter flag(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** Bytes without a length. */
    public StateWriter raw(byte[] bytes) {
        room(bytes.length).put(bytes);
        return this;
    }

    /** A u32 length, then the bytes. */
    public StateWriter bytes(byte[] bytes) {
        return u32(bytes.length).raw(bytes);
    }

    public byte[] toBytes() {
        byte[] result = new byte[buffer.position()];
        buffer.duplicate().flip().get(result);
        return result;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int needed = Math.addExact(buffer.position(), bytes);
            long doubled = Math.min((long) buffer.capacity() * 2, Integer.MAX_VALUE - 8L);
            ByteBuffer larger = ByteBuffer.allocate((int) Math.max(doubled, needed));
            buffer = larger.order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
        return buffer;
    }
}
