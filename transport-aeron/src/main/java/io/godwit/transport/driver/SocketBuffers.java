package io.godwit.transport.driver;

import java.nio.file.Path;

/**
 * Socket buffer lengths that the kernel will grant, so that the driver's initial window never exceeds SO_RCVBUF (it
 * refuses to start otherwise). The kernel clips a request at {@code net.core.{r,w}mem_max}, see socket(7), and then
 * doubles it for its own overhead.
 *
 * @param receiveBytes SO_RCVBUF to ask for, which is granted
 * @param sendBytes SO_SNDBUF to ask for, which is granted
 */
record SocketBuffers(int receiveBytes, int sendBytes) {
    /** Enough for 10 Gbit/s over a round trip of 3 ms. */
    private static final int WANTED_BYTES = 4 * 1024 * 1024;
    /** Linux' own default maximum, taken where /proc cannot be read. */
    private static final int KERNEL_DEFAULT_BYTES = 212_992;

    private static final Path SYSCTL = Path.of("/proc/sys/net/core");

    static SocketBuffers granted() {
        return granted(SYSCTL);
    }

    static SocketBuffers granted(final Path sysctl) {
        return new SocketBuffers(limit(sysctl.resolve("rmem_max")), limit(sysctl.resolve("wmem_max")));
    }

    private static int limit(final Path file) {
        return (int) Math.min(WANTED_BYTES, KernelFile.number(file).orElse(KERNEL_DEFAULT_BYTES));
    }

    int initialWindowBytes() {
        return receiveBytes;
    }
}
