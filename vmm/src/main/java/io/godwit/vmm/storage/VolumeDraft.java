package io.godwit.vmm.storage;

import io.godwit.kvm.linux.DiskFile;
import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.SystemCallException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.UUID;

/**
 * A volume under a temporary name, which no volume can have, until it is whole. Its lock tells it from what a process
 * left that died over it: that is removed by the next draft in the same pool.
 */
final class VolumeDraft implements AutoCloseable {
    private static final String PREFIX = ".godwit-";
    private static final String SUFFIX = ".part";
    private static final int FILL_BYTES = 1 << 20;

    private final Path target;
    private final Path path;
    private final RandomAccessFile file;
    private final DiskFile lock;

    private VolumeDraft(Path target, Path path, RandomAccessFile file, DiskFile lock) {
        this.target = target;
        this.path = path;
        this.file = file;
        this.lock = lock;
    }

    /** @param target the name it is to have */
    static VolumeDraft begin(Path target) throws IOException {
        Path directory = Objects.requireNonNull(target.getParent());
        removeLeftovers(directory);
        Path path = directory.resolve(PREFIX + target.getFileName() + '.' + UUID.randomUUID() + SUFFIX);
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        DiskFile lock = null;
        try {
            lock = DiskFile.open(path.toString(), false, false);
            if (!lock.tryLock()) {
                throw new IOException(path + " was taken away while it was begun");
            }
            return new VolumeDraft(target, path, new RandomAccessFile(path.toFile(), "rw"), lock);
        } catch (IOException | RuntimeException failed) {
            if (lock != null) {
                lock.close();
            }
            Files.deleteIfExists(path);
            throw failed;
        }
    }

    private static void removeLeftovers(Path directory) throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(directory, PREFIX + '*' + SUFFIX)) {
            for (Path part : parts) {
                try (DiskFile left = DiskFile.open(part.toString(), false, false)) {
                    if (left.tryLock()) {
                        Files.deleteIfExists(part);
                    }
                } catch (SystemCallException gone) {
                    if (gone.errno() != Errno.ENOENT) {
                        throw gone;
                    }
                }
            }
        }
    }

    void setSize(long sizeBytes) throws IOException {
        file.setLength(sizeBytes);
    }

    /** By the file system where it can, else by writing zeroes. */
    void preallocate(long sizeBytes) throws IOException {
        if (lock.preallocate(sizeBytes)) {
            return;
        }
        ByteBuffer zeroes = ByteBuffer.allocate(FILL_BYTES);
        for (long offset = 0; offset < sizeBytes; offset += FILL_BYTES) {
            zeroes.clear().limit((int) Math.min(FILL_BYTES, sizeBytes - offset));
            write(offset, zeroes);
        }
    }

    /** Writes all of it; the volume grows as far as that. */
    void write(long offset, ByteBuffer bytes) throws IOException {
        FileChannel channel = file.getChannel();
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /**
     * Gives it its name. By a link, which unlike a rename fails where the name is taken, even by another host.
     *
     * @throws java.nio.file.FileAlreadyExistsException where it is
     */
    void publish() throws IOException {
        publishAs(target);
    }

    /** The same with another name in the same pool. */
    void publishAs(Path name) throws IOException {
        sync();
        Files.createLink(name, path);
        Files.delete(path);
        syncDirectory(name);
    }

    void sync() throws IOException {
        file.getFD().sync();
    }

    /** To read what was written. */
    FileChannel channel() {
        return file.getChannel();
    }

    /** Makes what happened to a file's name outlast a power cut. */
    static void syncDirectory(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.getParent());
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Whether there was no room; the JDK has no exception of its own for that. */
    static boolean isFull(IOException failed) {
        String message = String.valueOf(failed.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }

    /** Removes what was not published. */
    @Override
    public void close() throws IOException {
        try {
            file.close();
            Files.deleteIfExists(path);
        } finally {
            lock.close();
        }
    }
}
