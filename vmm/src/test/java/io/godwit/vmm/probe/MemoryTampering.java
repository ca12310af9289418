package io.godwit.vmm.probe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.awaitility.Awaitility;

/** Damages a running guest's memory the way a faulty migration would. */
final class MemoryTampering {
    private MemoryTampering() {}

    static void flipBit(GuestMemoryFile memory, long address, int bit) throws IOException {
        try (FileChannel file = open(memory)) {
            ByteBuffer octet = read(file, address, 1);
            octet.put(0, (byte) (octet.get(0) ^ 1 << bit));
            file.write(octet, address);
        }
    }

    /** Copies a page, waits until the guest has written it again, and puts the copy back. */
    static void putBackOldVersion(GuestMemoryFile memory, long page) throws IOException {
        try (FileChannel file = open(memory)) {
            ByteBuffer old = read(file, page, ProbeLayout.PAGE_BYTES);
            long sequence = old.getLong(0);
            Awaitility.await("the guest writes the page twice")
                    .until(() -> read(file, page, Long.BYTES).getLong(0) > sequence + 1);
            file.write(old, page);
        }
    }

    private static ByteBuffer read(FileChannel file, long address, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, address);
        return bytes.flip();
    }

    private static FileChannel open(GuestMemoryFile memory) throws IOException {
        Path file = memory.find().values().iterator().next();
        return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
}
