package io.godwit.kvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads a saved state that comes from outside: every count and length is checked before it is used. */
final class StateReader {
    private final String what;
    private final ByteBuffer in;

    StateReader(String what, byte[] bytes) {
        this.what = what;
        this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void version(int known) {
        int version = getInt();
        if (version != known) {
            throw new KvmStateException(what + " of version " + version + "; accepted is " + known);
        }
    }

    int getInt() {
        need(Integer.BYTES);
        return in.getInt();
    }

    long getLong() {
        need(Long.BYTES);
        return in.getLong();
    }

    /** A number of things, from 0 to {@code max}. */
    int count(String things, int max) {
        int count = getInt();
        if (count < 0 || count > max) {
            throw new KvmStateException(what + " with " + count + " " + things + "; accepted are 0 to " + max);
        }
        return count;
    }

    /** What {@link StateWriter#putBytes} wrote. */
    byte[] getBytes(String part, int minBytes, int maxBytes) {
        int length = getInt();
        if (length < minBytes || length > maxBytes) {
            throw new KvmStateException(what + " with a part " + part + " of " + length + " bytes; accepted are "
                    + minBytes + " to " + maxBytes);
        }
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    void end() {
        if (in.hasRemaining()) {
            throw new KvmStateException(what + " with " + in.remaining() + " bytes behind its end");
        }
    }

    private void need(int bytes) {
        if (in.remaining() < bytes) {
            throw new KvmStateException(
                    what + " ends after " + in.limit() + " bytes, " + (bytes - in.remaining()) + " too early");
        }
    }
}
