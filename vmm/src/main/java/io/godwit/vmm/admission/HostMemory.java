package io.godwit.vmm.admission;

import io.godwit.vmm.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The host's memory as {@code /proc/meminfo} has it.
 *
 * @param availableBytes what can be taken without swapping, by the kernel's estimate
 */
public record HostMemory(long totalBytes, long availableBytes) {
    public static HostMemory read() {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/meminfo"));
            return new HostMemory(bytes(lines, "MemTotal:"), bytes(lines, "MemAvailable:"));
        } catch (IOException e) {
            throw new MachineException("cannot read /proc/meminfo", e);
        }
    }

    private static long bytes(List<String> lines, String key) {
        for (String line : lines) {
            if (line.startsWith(key)) {
                String[] words = line.substring(key.length()).trim().split(" ");
                return Long.parseLong(words[0]) << 10;
            }
        }
        throw new MachineException("/proc/meminfo has no " + key);
    }

    /** @throws MachineException when the host does not even have that much */
    public void requireTotal(String machine, long bytes) {
        if (bytes > totalBytes) {
            throw new MachineException("machine " + machine + " wants " + (bytes >> 20)
                    + " MiB of memory, this host has " + (totalBytes >> 20));
        }
    }
}
