package io.godwit.kvm.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Memory outside the heap for structures that the kernel reads or fills: bounds-checked, freed by the collector. */
public final class NativeBuffers {
    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("the structures of x86-64 are little-endian");
        }
    }

    private NativeBuffers() {}

    /** Zeroed and 8-byte aligned. Whoever passes its address to the kernel keeps it reachable for as long. */
    public static UnsafeBuffer allocate(int sizeBytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(sizeBytes));
    }

    public static UnsafeBuffer copyOf(byte[] bytes) {
        UnsafeBuffer buffer = allocate(bytes.length);
        buffer.putBytes(0, bytes);
        return buffer;
    }

    public static byte[] toBytes(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
