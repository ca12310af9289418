package io.godwit.vmm.boot;

import io.godwit.vmm.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An image in a regular file. The size is the one at opening; a file that shrinks meanwhile is refused. */
final class ImageFile implements ImageSource, AutoCloseable {
    private final String role;
    private final String path;
    private final FileChannel channel;
    private final long sizeBytes;

    private ImageFile(String role, String path, FileChannel channel, long sizeBytes) {
        this.role = role;
        this.path = path;
        this.channel = channel;
        this.sizeBytes = sizeBytes;
    }

    /** @param role what the file is to the machine, such as "kernel" */
    static ImageFile open(String role, String path) {
        try {
            Path file = Path.of(path);
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new ImageException(role, path, "not a regular file");
            }
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                return new ImageFile(role, path, channel, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new ImageException(role, path, "no such file", e);
        } catch (IOException | InvalidPathException e) {
            throw new ImageException(role, path, "cannot be opened", e);
        }
    }

    @Override
    public String role() {
        return role;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        long position = offset;
        try {
            while (target.hasRemaining()) {
                int count = channel.read(target, position);
                if (count < 0) {
                    throw refused("ended at offset " + position + " while it was read");
                }
                position += count;
            }
        } catch (IOException e) {
            throw new ImageException(role, path, "cannot be read at offset " + position, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ImageException(role, path, "cannot be closed", e);
        }
    }
}
