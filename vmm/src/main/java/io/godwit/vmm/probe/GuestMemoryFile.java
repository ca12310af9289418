package io.godwit.vmm.probe;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The memory file of a guest in some process of this host, whether it exists yet or not: the open files of process
 * {@code pid} whose link in {@code /proc/PID/fd} reads {@code link}.
 */
public record GuestMemoryFile(long pid, String link) {

    /** The memfd of a Godwit VM. */
    public static GuestMemoryFile ofGodwit(long pid, String vmName) {
        return memfd(pid, "godwit:" + vmName);
    }

    /** The memory of a QEMU started with {@code -object memory-backend-memfd,share=on,...}. */
    public static GuestMemoryFile ofQemu(long pid) {
        return memfd(pid, "memory-backend-memfd");
    }

    /** The memory of a QEMU started with {@code -object memory-backend-file,share=on,mem-path=...}. */
    public static GuestMemoryFile ofFile(long pid, Path file) {
        return new GuestMemoryFile(pid, file.toAbsolutePath().toString());
    }

    public static GuestMemoryFile memfd(long pid, String name) {
        return new GuestMemoryFile(pid, "/memfd:" + name + " (deleted)");
    }

    /**
     * What the process has open under that name now, each file once, by its identity (device and inode). A process
     * that is gone, or whose files may not be read, has none.
     */
    Map<String, Path> find() {
        Map<String, Path> found = new TreeMap<>();
        for (Path descriptor : descriptors()) {
            identityIfNamed(descriptor).ifPresent(identity -> found.putIfAbsent(identity, descriptor));
        }
        return found;
    }

    private Optional<String> identityIfNamed(Path descriptor) {
        try {
            if (Files.readSymbolicLink(descriptor).toString().equals(link)) {
                return Optional.of(
                        Files.getAttribute(descriptor, "unix:dev") + ":" + Files.getAttribute(descriptor, "unix:ino"));
            }
            return Optional.empty();
        } catch (IOException closedMeanwhile) {
            return Optional.empty();
        }
    }

    private List<Path> descriptors() {
        List<Path> descriptors = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            entries.forEach(descriptors::add);
        } catch (IOException | DirectoryIteratorException gone) {
            return List.of();
        }
        return descriptors;
    }
}
