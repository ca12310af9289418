package io.godwit.actors.vault;

import java.util.HashMap;
import java.util.Map;

/** What guests may take of this host's memory. A hard limit: past it, the kernel would kill the JVM with all its VMs. */
final class MemoryBudget {
    private final long totalBytes;
    private final Map<String, Long> takenBytes = new HashMap<>();

    MemoryBudget(long totalBytes) {
        this.totalBytes = totalBytes;
    }

    /** Takes the bytes for a VM, in place of what it had before; false when they are not free. */
    synchronized boolean take(String vmId, long bytes) {
        long others = usedBytes() - takenBytes.getOrDefault(vmId, 0L);
        if (bytes > totalBytes - others) {
            return false;
        }
        takenBytes.put(vmId, bytes);
        return true;
    }

    /** What was taken for one is another's from here on. */
    synchronized void rename(String from, String to) {
        Long bytes = takenBytes.remove(from);
        if (bytes != null) {
            takenBytes.put(to, bytes);
        }
    }

    synchronized void giveBack(String vmId) {
        takenBytes.remove(vmId);
    }

    synchronized long usedBytes() {
        return takenBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    long totalBytes() {
        return totalBytes;
    }
}
