package io.godwit.vmm.storage;

import io.godwit.vmm.storage.StorageException.Kind;
import io.godwit.vmm.storage.qcow2.Qcow2Exception;
import io.godwit.vmm.storage.qcow2.Qcow2Image;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.agrona.CloseHelper;

/** An image of the host that is imported. */
final class ImageSource implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final ImageFormat format;
    private final UnusedImage lock;
    private final FileChannel channel;

    private ImageSource(Path path, ImageFormat format, UnusedImage lock, FileChannel channel) {
        this.path = path;
        this.format = format;
        this.lock = lock;
        this.channel = channel;
    }

    /** @param format empty for raw, where the image does not look like another */
    static ImageSource open(Path path, Optional<ImageFormat> format) {
        if (!path.isAbsolute() || !Files.isRegularFile(path)) {
            throw new StorageException(
                    Kind.INVALID,
                    "import " + path + " is not accepted; expected the absolute path of a file on the host");
        }
        UnusedImage lock = UnusedImage.claim("image " + path, path, true);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            if (format.isEmpty() && Qcow2Image.isOne(channel)) {
                throw new StorageException(
                        Kind.INVALID,
                        "image " + path + " begins like one of format qcow2; say format raw or qcow2, which it is");
            }
            return new ImageSource(path, format.orElse(ImageFormat.RAW), lock, channel);
        } catch (IOException | RuntimeException failed) {
            lock.close();
            CloseHelper.quietClose(channel);
            throw failed instanceof StorageException refused ? refused : unreadable(path, failed);
        }
    }

    private static StorageException unreadable(Path path, Exception cause) {
        return new StorageException(Kind.FAILED, "image " + path + " cannot be read: " + cause.getMessage(), cause);
    }

    void copyTo(VolumeDraft draft) throws IOException {
        if (format == ImageFormat.RAW) {
            copyRaw(draft);
            return;
        }
        try {
            Qcow2Image image = Qcow2Image.open(channel);
            draft.setSize(requireSize(image.sizeBytes()));
            image.copyTo(draft::write);
        } catch (Qcow2Exception refused) {
            throw new StorageException(Kind.INVALID, "image " + path + ": " + refused.getMessage(), refused);
        }
    }

    /** What is zero is not written: it stays a hole. */
    private void copyRaw(VolumeDraft draft) throws IOException {
        long size = requireSize(channel.size());
        draft.setSize(size);
        byte[] zeroes = new byte[CHUNK_BYTES];
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (long offset = 0; offset < size; offset += CHUNK_BYTES) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, size - offset));
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, offset + chunk.position()) < 0) {
                    throw new IOException(path + " became shorter than " + size + " bytes while it was read");
                }
            }
            chunk.flip();
            if (!Arrays.equals(chunk.array(), 0, chunk.limit(), zeroes, 0, chunk.limit())) {
                draft.write(offset, chunk);
            }
        }
    }

    private long requireSize(long sizeBytes) {
        if (sizeBytes < VolumeStore.SECTOR_BYTES
                || sizeBytes > VolumeStore.MAX_SIZE_BYTES
                || sizeBytes % VolumeStore.SECTOR_BYTES != 0) {
            throw new StorageException(
                    Kind.INVALID,
                    "image " + path + " holds " + sizeBytes
                            + " bytes; expected a multiple of 512, not none, and at most 64TiB");
        }
        return sizeBytes;
    }

    @Override
    public void close() {
        CloseHelper.quietClose(channel);
        lock.close();
    }
}
