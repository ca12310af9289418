package io.godwit.vmm.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import jnr.ffi.LibraryLoader;

/** A memfd of this process that stands for a guest's memory, and the writes a probe would do. */
final class FakeGuestMemory implements AutoCloseable {
    /** The functions needed of the C library. */
    public interface LibC {
        int memfd_create(String name, int flags);

        int close(int fd);
    }

    private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");

    private final int fd;
    private final FileChannel file;

    FakeGuestMemory(String memfdName, long sizeBytes) throws IOException {
        fd = LIBC.memfd_create(memfdName, 0);
        if (fd < 0) {
            throw new IOException("memfd_create refused " + memfdName);
        }
        file = FileChannel.open(Path.of("/proc/self/fd/" + fd), StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (sizeBytes > 0) {
            file.write(ByteBuffer.allocate(1), sizeBytes - 1);
        }
    }

    void putLong(long address, long value) {
        ByteBuffer word = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
        try {
            file.write(word, address);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void beat(long heartbeat) {
        putLong(ProbeLayout.blockAddress(0), heartbeat);
    }

    /** A header for the given number of vCPUs. */
    void announce(int version, int vcpus) {
        putLong(ProbeLayout.COUNTERS_ADDRESS + 8, (long) vcpus << 32 | version);
        putLong(ProbeLayout.COUNTERS_ADDRESS, ProbeLayout.MAGIC);
    }

    void truncate(long sizeBytes) throws IOException {
        file.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
        file.close();
        LIBC.close(fd);
    }
}
