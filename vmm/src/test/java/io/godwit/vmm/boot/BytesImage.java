package io.godwit.vmm.boot;

import java.nio.ByteBuffer;

/** An image in memory. */
record BytesImage(String role, String path, byte[] bytes) implements ImageSource {
    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        target.put(bytes, Math.toIntExact(offset), target.remaining());
    }
}
