package io.godwit.vmm.storage;

import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.linux.DiskFile;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.storage.StorageException.Kind;
import java.nio.file.Path;

/** Holds the lock that a machine takes of its image, so that none starts with it meanwhile. */
record UnusedImage(DiskFile file) implements AutoCloseable {
    /** @throws StorageException where a machine has the image, or it cannot be opened */
    static UnusedImage claim(VolumeRef ref, Path path) {
        return claim("volume " + ref, path, false);
    }

    static UnusedImage claim(String what, Path path, boolean readOnly) {
        try {
            DiskFile file = DiskFile.open(path.toString(), readOnly, false);
            if (!file.tryLock()) {
                file.close();
                throw new StorageException(
                        Kind.CONFLICT, what + " is in use: a machine, here or on another host, has its image locked");
            }
            return new UnusedImage(file);
        } catch (SystemCallException failed) {
            throw new StorageException(Kind.FAILED, what + " cannot be opened: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
