package io.godwit.vmm.boot;

import io.godwit.vmm.ImageException;
import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A kernel or initrd as a run of bytes. */
interface ImageSource {
    /** What it is to the machine, such as "kernel". */
    String role();

    String path();

    long sizeBytes();

    /** Fills {@code target} from {@code offset} on; a {@link MachineException} when the bytes are not there. */
    void read(long offset, ByteBuffer target);

    /** A little-endian copy of a range that must lie in the image. */
    default ByteBuffer slice(String what, long offset, int length) {
        checkRange(what, offset, length);
        ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        read(offset, copy);
        return copy.flip();
    }

    /** Both values are unsigned. */
    default void checkRange(String what, long offset, long length) {
        if (offset < 0 || length < 0 || offset > sizeBytes() || length > sizeBytes() - offset) {
            throw refused(String.format(
                    "%s lies at offset 0x%x with 0x%x bytes, the file has 0x%x", what, offset, length, sizeBytes()));
        }
    }

    default MachineException refused(String why) {
        return new ImageException(role(), path(), why);
    }
}
