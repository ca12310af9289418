package io.godwit.node;

import io.godwit.config.DurableFile;
import io.godwit.config.Units;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A host's state directory, locked: two processes with the same state would be one host twice. The kernel gives the
 * lock back when its process ends, however it ends.
 */
final class StateDir implements AutoCloseable {
    private static final String LOCK_FILE = "lock";
    private static final String NAME_FILE = "host";
    private static final String ID_FILE = "id";
    /** Room for the ledger's next segments and a snapshot: a voter that cannot write holds up the whole cluster. */
    private static final long MIN_FREE_BYTES = 16 << 20;

    private final Path directory;
    private final FileChannel lock;

    private StateDir(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Makes the directory where it is missing, and locks it.
     *
     * @throws NodeStartException naming who holds it, or the host whose state it is
     */
    static StateDir open(Path path, String host) {
        return open(path, host, MIN_FREE_BYTES);
    }

    static StateDir open(Path path, String host, long minFreeBytes) {
        Path directory = path.toAbsolutePath().normalize();
        FileChannel channel = null;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(
                    directory.resolve(LOCK_FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            lock(channel, directory, host);
            checkOwner(directory, host);
            checkRoom(directory, minFreeBytes);
            return new StateDir(directory, channel);
        } catch (IOException unusable) {
            closeQuietly(channel);
            throw new NodeStartException(
                    "host.state-dir " + directory + " cannot be used: " + unusable
                            + "; expected a directory this user may write to",
                    unusable);
        } catch (NodeStartException refused) {
            closeQuietly(channel);
            throw refused;
        }
    }

    private static void lock(FileChannel channel, Path directory, String host) throws IOException {
        boolean locked;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException sameProcess) {
            locked = false;
        }
        if (!locked) {
            throw new NodeStartException("host " + host + " is already running: process " + read(channel) + " holds "
                    + directory.resolve(LOCK_FILE));
        }
        channel.truncate(0);
        channel.write(
                ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
        return pid.isEmpty() ? "(unknown)" : pid;
    }

    private static void checkRoom(Path directory, long minFreeBytes) throws IOException {
        long freeBytes = Files.getFileStore(directory).getUsableSpace();
        if (freeBytes < minFreeBytes) {
            throw new NodeStartException("host.state-dir " + directory + " is on a file system with "
                    + Units.formatApproximateSize(freeBytes) + " free; expected at least "
                    + Units.formatApproximateSize(minFreeBytes));
        }
    }

    /** A ledger's log belongs to one host: a copied configuration must not vote with another's memory. */
    private static void checkOwner(Path directory, String host) throws IOException {
        Path file = directory.resolve(NAME_FILE);
        if (!Files.exists(file)) {
            Files.writeString(file, host + "\n");
            return;
        }
        String owner = Files.readString(file).strip();
        if (!owner.equals(host)) {
            throw new NodeStartException("host.state-dir " + directory + " is the state of host " + owner
                    + "; expected a directory of host " + host + "'s own");
        }
    }

    /**
     * What the ledger knows this directory by: made once, so that a copy of a configuration that starts with a directory
     * of its own is not taken for the same host.
     *
     * @throws NodeStartException naming the file
     */
    UUID id() {
        Path file = directory.resolve(ID_FILE);
        try {
            if (!Files.exists(file)) {
                DurableFile.write(file, (UUID.randomUUID() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return UUID.fromString(Files.readString(file).strip());
        } catch (IOException | IllegalArgumentException unusable) {
            throw new NodeStartException(
                    "host.state-dir: " + file + " cannot be used: " + unusable.getMessage()
                            + "; expected the UUID that was written there when this host first started",
                    unusable);
        }
    }

    Path resolve(String name) {
        return directory.resolve(name);
    }

    @Override
    public void close() {
        closeQuietly(lock);
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException ignored) {
            // The descriptor is gone either way, and the lock with it.
        }
    }
}
