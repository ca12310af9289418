package io.godwit.vmm.storage;

import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Volumes that arrive from another host, in drafts that nobody sees and that do not outlast this process, until they are
 * {@linkplain #stage staged}. Any thread may write; the others are for one.
 */
public final class VolumesComing implements AutoCloseable {
    private final VolumeLayout layout;
    private final List<VolumeDraft> drafts;
    private final List<Path> staged;

    private VolumesComing(VolumeLayout layout, List<VolumeDraft> drafts, List<Path> staged) {
        this.layout = layout;
        this.drafts = drafts;
        this.staged = staged;
    }

    /**
     * @param files that the volumes are to have, in their order
     * @param staged the names under which they outlast this process before
     */
    static VolumesComing begin(List<Volume> volumes, List<Path> files, List<Path> staged) {
        List<VolumeDraft> drafts = new ArrayList<>();
        VolumesComing coming = new VolumesComing(new VolumeLayout(volumes), drafts, List.copyOf(staged));
        try {
            for (int i = 0; i < volumes.size(); i++) {
                VolumeDraft draft = VolumeDraft.begin(files.get(i));
                drafts.add(draft);
                draft.setSize(volumes.get(i).sizeBytes());
            }
            return coming;
        } catch (IOException failed) {
            coming.close();
            throw failed("a volume cannot be begun", failed);
        } catch (RuntimeException failed) {
            coming.close();
            throw failed;
        }
    }

    private static StorageException failed(String what, IOException cause) {
        return new StorageException(
                VolumeDraft.isFull(cause) ? Kind.FULL : Kind.FAILED, what + ": " + cause.getMessage(), cause);
    }

    public VolumeLayout layout() {
        return layout;
    }

    /** Writes what belongs at the address; what is zero need not be: a draft reads as zeroes. */
    public void write(long address, byte[] source, int length) {
        layout.cut(address, length, (volume, offset, at, part) -> {
            try {
                drafts.get(volume).write(offset, ByteBuffer.wrap(source, at, part));
            } catch (IOException failed) {
                throw failed("a volume cannot be written", failed);
            }
        });
    }

    /**
     * Compares what arrived with what was sent, and puts it on disk under names of the move's: from now on it outlasts this
     * process.
     *
     * @param digests of the source's volumes
     * @throws StorageException where one differs; then nothing is staged
     */
    public void stage(byte[] digests) {
        try {
            for (VolumeDraft draft : drafts) {
                draft.sync();
            }
            byte[] found = VolumeDigests.of(
                    layout.volumes(), drafts.stream().map(VolumeDraft::channel).toList());
            if (!Arrays.equals(found, digests)) {
                throw new StorageException(
                        Kind.FAILED, "what arrived differs from what was sent: " + differing(found, digests));
            }
            for (int i = 0; i < drafts.size(); i++) {
                drafts.get(i).publishAs(staged.get(i));
            }
        } catch (IOException failed) {
            throw failed("a volume cannot be put on disk", failed);
        }
    }

    private String differing(byte[] found, byte[] sent) {
        if (found.length != sent.length) {
            return sent.length + " bytes of checksums came for " + drafts.size() + " volumes";
        }
        for (int i = 0; i < drafts.size(); i++) {
            int from = i * VolumeDigests.BYTES;
            if (!Arrays.equals(found, from, from + VolumeDigests.BYTES, sent, from, from + VolumeDigests.BYTES)) {
                return "SHA-256 of volume " + layout.volumes().get(i).name();
            }
        }
        return "";
    }

    /** Removes what was not staged. */
    @Override
    public void close() {
        drafts.forEach(org.agrona.CloseHelper::quietClose);
    }
}
