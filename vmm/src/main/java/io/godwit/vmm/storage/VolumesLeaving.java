package io.godwit.vmm.storage;

import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Volumes that are read to be copied to another host, locked against machines. Any thread may read. */
public final class VolumesLeaving implements AutoCloseable {
    private final VolumeLayout layout;
    private final List<UnusedImage> locks;
    private final List<FileChannel> channels;

    private VolumesLeaving(VolumeLayout layout, List<UnusedImage> locks, List<FileChannel> channels) {
        this.layout = layout;
        this.locks = locks;
        this.channels = channels;
    }

    /** @param files of the volumes, in their order */
    static VolumesLeaving open(List<Volume> volumes, List<Path> files) {
        List<UnusedImage> locks = new ArrayList<>();
        List<FileChannel> channels = new ArrayList<>();
        VolumesLeaving leaving = new VolumesLeaving(new VolumeLayout(volumes), locks, channels);
        try {
            for (int i = 0; i < volumes.size(); i++) {
                Volume volume = volumes.get(i);
                locks.add(UnusedImage.claim("volume " + volume.pool() + "/" + volume.name(), files.get(i), false));
                channels.add(FileChannel.open(files.get(i), StandardOpenOption.READ));
            }
            return leaving;
        } catch (IOException failed) {
            leaving.close();
            throw new StorageException(Kind.FAILED, "a volume cannot be read: " + failed.getMessage(), failed);
        } catch (RuntimeException failed) {
            leaving.close();
            throw failed;
        }
    }

    public VolumeLayout layout() {
        return layout;
    }

    /** Fills {@code target} with what lies at the address; zeroes behind a volume's end. */
    public void read(long address, byte[] target, int length) {
        java.util.Arrays.fill(target, 0, length, (byte) 0);
        layout.cut(address, length, (volume, offset, at, part) -> {
            ByteBuffer bytes = ByteBuffer.wrap(target, at, part);
            try {
                while (bytes.hasRemaining()) {
                    long from = offset + bytes.position() - at;
                    if (channels.get(volume).read(bytes, from) < 0) {
                        throw new StorageException(
                                Kind.FAILED, layout.volumes().get(volume).name() + " became shorter while it was read");
                    }
                }
            } catch (IOException failed) {
                throw new StorageException(Kind.FAILED, "a volume cannot be read: " + failed.getMessage(), failed);
            }
        });
    }

    /** SHA-256 of each volume, one behind the other. */
    public byte[] digests() {
        return VolumeDigests.of(layout.volumes(), channels);
    }

    @Override
    public void close() {
        channels.forEach(org.agrona.CloseHelper::quietClose);
        locks.forEach(UnusedImage::close);
    }
}
