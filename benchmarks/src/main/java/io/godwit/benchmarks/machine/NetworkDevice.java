package io.godwit.benchmarks.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Counters of a network device in this process's network namespace, from {@code /proc/net/dev}. */
public record NetworkDevice(long receivedBytes, long sentBytes) {
    private static final Path DEVICES = Path.of("/proc/net/dev");
    private static final int SENT_BYTES = 8;

    /**
     * Reads a device's counters now.
     *
     * @throws IOException when there is no such device
     */
    public static NetworkDevice read(String name) throws IOException {
        return parse(Files.readString(DEVICES), name);
    }

    /** A line is {@code NAME: bytes packets errs drop fifo frame compressed multicast}, twice: received, sent. */
    static NetworkDevice parse(String devices, String name) throws IOException {
        for (String line : devices.lines().toList()) {
            String stripped = line.strip();
            if (stripped.startsWith(name + ":")) {
                String[] fields = stripped.substring(name.length() + 1).strip().split("\\s+");
                return new NetworkDevice(Long.parseLong(fields[0]), Long.parseLong(fields[SENT_BYTES]));
            }
        }
        throw new IOException("there is no network device " + name + " in " + DEVICES);
    }
}
