package io.godwit.transport.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one node's driver, for its user's eyes alone since guest memory passes through it. Taking it also
 * deletes the siblings that dead processes left behind.
 */
final class DriverDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DriverDirectory.class);

    static final String NAME_PREFIX = "godwit-";

    /** A starting neighbour may hold our lock for as long as it takes to delete what our last life left. */
    private static final long CLAIM_PATIENCE_NS = Duration.ofSeconds(3).toNanos();

    private static final long CLAIM_PAUSE_NS = Duration.ofMillis(10).toNanos();

    private static final Set<Path> HELD_HERE = new HashSet<>();

    private final Path path;
    private DirectoryLock lock;

    private DriverDirectory(final Path path, final DirectoryLock lock) {
        this.path = path;
        this.lock = lock;
    }

    static DriverDirectory claim(final Path directory) {
        final Path path = directory.toAbsolutePath().normalize();
        if (path.getParent() == null) {
            throw new IllegalArgumentException("driver directory " + path + ": one inside another is expected");
        }
        synchronized (HELD_HERE) {
            if (HELD_HERE.contains(path)) {
                throw new IllegalStateException(inUse(path, "this process"));
            }
            try {
                deleteDeadSiblings(path);
                final DriverDirectory claimed = new DriverDirectory(path, make(path));
                HELD_HERE.add(path);
                return claimed;
            } catch (final IOException failed) {
                throw new UncheckedIOException("driver directory " + path + " cannot be made", failed);
            }
        }
    }

    Path path() {
        return path;
    }

    /** Makes the directory again if somebody removed it. */
    void ensureExists() throws IOException {
        synchronized (HELD_HERE) {
            if (!DirectoryLock.isIn(path)) {
                lock.close();
                lock = make(path);
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (HELD_HERE) {
            try {
                FileTree.delete(path);
                lock.close();
            } finally {
                HELD_HERE.remove(path);
            }
        }
    }

    private static DirectoryLock make(final Path path) throws IOException {
        final long deadlineNs = System.nanoTime() + CLAIM_PATIENCE_NS;
        while (true) {
            final DirectoryLock taken = tryMake(path);
            if (taken != null) {
                deleteContents(path);
                return taken;
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException(inUse(path, "another process"));
            }
            LockSupport.parkNanos(CLAIM_PAUSE_NS);
        }
    }

    private static @Nullable DirectoryLock tryMake(final Path path) throws IOException {
        try {
            if (!Files.exists(path)) {
                Files.createDirectory(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return DirectoryLock.tryTake(path);
        } catch (final NoSuchFileException deletedUnderUs) {
            if (!Files.isDirectory(path.resolveSibling(""))) {
                throw deletedUnderUs;
            }
            return null;
        }
    }

    private static void deleteDeadSiblings(final Path path) throws IOException {
        for (final Path sibling : lockedSiblings(path)) {
            try (DirectoryLock dead = DirectoryLock.tryTake(sibling)) {
                if (dead != null) {
                    FileTree.delete(sibling);
                }
            } catch (final IOException kept) {
                LOG.debug("{} is another user's, or gone meanwhile", sibling, kept);
            }
        }
    }

    private static List<Path> lockedSiblings(final Path path) throws IOException {
        try (Stream<Path> all = Files.list(path.resolveSibling(""))) {
            return all.filter(other -> other.getFileName().toString().startsWith(NAME_PREFIX))
                    .filter(other -> !other.equals(path) && !HELD_HERE.contains(other))
                    .filter(DirectoryLock::isIn)
                    .toList();
        }
    }

    private static void deleteContents(final Path path) throws IOException {
        final List<Path> entries;
        try (Stream<Path> all = Files.list(path)) {
            entries = all.filter(entry -> !entry.endsWith(DirectoryLock.FILE_NAME))
                    .toList();
        }
        for (final Path entry : entries) {
            FileTree.delete(entry);
        }
    }

    private static String inUse(final Path path, final String who) {
        return "driver directory " + path + " is in use by " + who + ": one of this node's own is expected";
    }
}
