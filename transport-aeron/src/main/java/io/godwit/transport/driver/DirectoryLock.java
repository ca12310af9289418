package io.godwit.transport.driver;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A record lock on a file in a directory, held for as long as the process lives. Other processes, also those in other
 * PID namespaces, can ask the kernel about it: a directory whose lock is free belongs to nobody alive.
 *
 * <p>The kernel drops all of a process's locks on a file when the process closes any descriptor of it (fcntl(2)), so a
 * lock file that this process holds must never be opened again.
 */
final class DirectoryLock implements AutoCloseable {
    static final String FILE_NAME = "godwit-driver.lock";

    private final FileChannel channel;

    private DirectoryLock(final FileChannel channel) {
        this.channel = channel;
    }

    static boolean isIn(final Path directory) {
        return Files.isRegularFile(directory.resolve(FILE_NAME));
    }

    /**
     * The lock, or null if a living process has it or is just deleting the directory.
     *
     * @throws NoSuchFileException if the directory is not there
     */
    static @Nullable DirectoryLock tryTake(final Path directory) throws IOException {
        final Path file = directory.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .close();
        }
        final Object inode = Files.getAttribute(file, "unix:ino");
        final FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null && inode.equals(Files.getAttribute(file, "unix:ino"))) {
                return new DirectoryLock(channel);
            }
        } catch (final NoSuchFileException deletedBeforeWeLocked) {
            channel.close();
            return null;
        }
        channel.close();
        return null;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
