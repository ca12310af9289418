package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.DiskFile;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.MachineException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A disk's file as its machine uses it: open for as long as the machine is there, locked while the machine may run.
 *
 * @param file of the image
 * @param sizeBytes a multiple of 512
 * @param direct whether the page cache is left out
 * @param syncOnRelease whether another host reads it next, so that nothing may stay in this one's cache
 */
public record Disk(DiskFile file, long sizeBytes, boolean direct, boolean syncOnRelease) {

    /**
     * Opens an image.
     *
     * @param id of the disk in its machine, for errors
     * @throws MachineException naming the path and the reason
     */
    public static Disk open(String id, String path, boolean readOnly, boolean direct, boolean syncOnRelease) {
        try {
            if (Files.isDirectory(Path.of(path))) {
                throw new MachineException(
                        id + ": " + path + " is a directory; a raw image or a block device is expected");
            }
            DiskFile file = DiskFile.open(path, readOnly, direct);
            try {
                long size = file.sizeBytes();
                if (size < BlockConfig.SECTOR_BYTES || size % BlockConfig.SECTOR_BYTES != 0) {
                    throw new MachineException(
                            id + ": " + path + " has " + size + " bytes; a multiple of 512, and not none, is expected");
                }
                return new Disk(file, size, direct, syncOnRelease);
            } catch (RuntimeException refused) {
                file.close();
                throw refused;
            }
        } catch (SystemCallException | InvalidPathException failed) {
            throw new MachineException(id + ": " + path + " cannot be opened: " + failed.getMessage(), failed);
        }
    }
}
