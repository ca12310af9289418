package io.godwit.benchmarks.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Free memory that is there. Where this machine is itself a guest, its kernel reports free memory to the host below
 * (free page reporting), which takes it away; whoever allocates it next waits for the host, here seven times as long as
 * for memory that was in use a moment ago. Which of two systems that befalls is chance, and says nothing of either.
 */
public final class BackedMemory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int CHUNK_BYTES = 4 << 20;

    private BackedMemory() {}

    /** Takes so much memory, writes to all of it, and gives it back: the next to ask gets it as it is. */
    public static void touch(long bytes) throws IOException {
        Path file = Files.createTempFile(SHARED_MEMORY, "godwit-bench-", ".touched");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            for (long written = 0; written < bytes; ) {
                chunk.clear().limit((int) Math.min(CHUNK_BYTES, bytes - written));
                written += channel.write(chunk);
            }
        } finally {
            Files.delete(file);
        }
    }
}
