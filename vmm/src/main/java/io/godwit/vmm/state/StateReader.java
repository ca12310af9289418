package io.godwit.vmm.state;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads bytes from outside, little-endian. Every length is checked against what is left before anything is allocated.
 * All refusals are {@link MachineException}s that begin with the name of what is read.
 */
public final class StateReader {
    private final String name;
    private final ByteBuffer buffer;

    public StateReader(String name, byte[] bytes) {
        this.name = name;
        this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public static StateReader of(ComponentState component) {
        return new StateReader(component.id(), component.bytes());
    }

    public int u8(String field) {
        return Byte.toUnsignedInt(need(1, field).get());
    }

    public int u16(String field) {
        return Short.toUnsignedInt(need(2, field).getShort());
    }

    public int u32(String field) {
        return need(4, field).getInt();
    }

    public long u64(String field) {
        return need(8, field).getLong();
    }

    public boolean flag(String field) {
        return between(field, u8(field), 0, 1) == 1;
    }

    public byte[] raw(String field, int length) {
        byte[] bytes = new byte[checkLength(field, length, Integer.MAX_VALUE)];
        buffer.get(bytes);
        return bytes;
    }

    /** A u32 length of at most {@code maxLength}, then the bytes. */
    public byte[] bytes(String field, int maxLength) {
        byte[] bytes = new byte[checkLength(field, u32(field), maxLength)];
        buffer.get(bytes);
        return bytes;
    }

    /** A u8 that must lie in a range. */
    public int u8(String field, int least, int most) {
        return between(field, u8(field), least, most);
    }

    public int between(String field, int value, int least, int most) {
        if (value < least || value > most) {
            throw refused(field + " is " + value + ", accepted are " + least + " to " + most);
        }
        return value;
    }

    public int remaining() {
        return buffer.remaining();
    }

    /** Refuses bytes that nobody asked for. */
    public void end() {
        if (buffer.hasRemaining()) {
            throw refused(buffer.remaining() + " bytes follow the end");
        }
    }

    public MachineException refused(String why) {
        return new MachineException(name + ": " + why);
    }

    private int checkLength(String field, int length, int maxLength) {
        if (length < 0 || length > maxLength) {
            throw refused(
                    field + " is " + Integer.toUnsignedString(length) + " bytes long, accepted are 0 to " + maxLength);
        }
        need(length, field);
        return length;
    }

    private ByteBuffer need(int bytes, String field) {
        if (buffer.remaining() < bytes) {
            throw refused(field + " needs " + bytes + " bytes, " + buffer.remaining() + " are left");
        }
        return buffer;
    }
}
