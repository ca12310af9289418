package io.godwit.node;

import java.nio.file.Path;

/** Where a node's media driver has its buffers: in memory, and not shared with another process of the same host. */
public final class DriverDirectory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private DriverDirectory() {}

    public static Path of(String host, long pid) {
        return SHARED_MEMORY.resolve("godwit-" + host + "-" + pid);
    }
}
