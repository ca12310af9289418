package io.godwit.vmm.storage;

import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** SHA-256 of what is in volumes, by which a copy is compared. */
final class VolumeDigests {
    static final int BYTES = 32;
    private static final int CHUNK_BYTES = 1 << 20;

    private VolumeDigests() {}

    /** One behind the other. */
    static byte[] of(List<Volume> volumes, List<FileChannel> channels) {
        ByteBuffer all = ByteBuffer.allocate(BYTES * volumes.size());
        try {
            for (int i = 0; i < volumes.size(); i++) {
                all.put(of(channels.get(i), volumes.get(i)));
            }
        } catch (IOException failed) {
            throw new StorageException(Kind.FAILED, "a volume cannot be read: " + failed.getMessage(), failed);
        }
        return all.array();
    }

    private static byte[] of(FileChannel channel, Volume volume) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (long at = 0; at < volume.sizeBytes(); ) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, volume.sizeBytes() - at));
            int read = channel.read(chunk, at);
            if (read < 0) {
                throw new IOException(volume.name() + " ends at " + at + ", before " + volume.sizeBytes() + " bytes");
            }
            at += read;
            digest.update(chunk.flip());
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("SHA-256 is part of every JDK", missing);
        }
    }
}
