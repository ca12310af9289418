package io.godwit.vmm.device.serial;

/** A bounded first-in first-out queue of bytes. Not thread-safe. */
final class ByteQueue {
    private final byte[] bytes;
    private int head;
    private int size;

    ByteQueue(int capacity) {
        bytes = new byte[capacity];
    }

    int size() {
        return size;
    }

    int free() {
        return bytes.length - size;
    }

    void clear() {
        size = 0;
    }

    boolean offer(int value) {
        if (size == bytes.length) {
            return false;
        }
        bytes[(head + size++) % bytes.length] = (byte) value;
        return true;
    }

    /** The oldest byte, unsigned; -1 when there is none. */
    int poll() {
        if (size == 0) {
            return -1;
        }
        int value = Byte.toUnsignedInt(bytes[head]);
        head = (head + 1) % bytes.length;
        size--;
        return value;
    }

    byte[] toBytes() {
        byte[] copy = new byte[size];
        for (int i = 0; i < size; i++) {
            copy[i] = bytes[(head + i) % bytes.length];
        }
        return copy;
    }

    /** @param content at most the capacity */
    void replace(byte[] content) {
        clear();
        for (byte value : content) {
            offer(value);
        }
    }
}
