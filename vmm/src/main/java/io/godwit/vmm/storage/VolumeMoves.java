package io.godwit.vmm.storage;

import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Volumes of local pools on their way between hosts: what leaves, what arrives, and what either left behind. Every method
 * blocks and throws {@link StorageException}.
 */
public final class VolumeMoves {
    private final Resources resources;
    private final VolumeStore store;

    VolumeMoves(Resources resources, VolumeStore store) {
        this.resources = resources;
        this.store = store;
    }

    /** Locks volumes to be read. */
    public VolumesLeaving leave(List<VolumeRef> volumes) {
        return VolumesLeaving.open(
                volumes.stream().map(store::find).toList(),
                volumes.stream().map(store::existing).toList());
    }

    /**
     * Begins to receive volumes.
     *
     * @throws StorageException naming each volume that is there already and each file system without room, or a pool that
     *     is not local here
     */
    public VolumesComing receive(String moveId, String vmId, long epoch, List<Volume> volumes) {
        List<Path> files = new ArrayList<>();
        List<Path> staged = new ArrayList<>();
        Map<FileStore, Long> wantedBytes = new LinkedHashMap<>();
        for (Volume volume : volumes) {
            VolumeRef ref = new VolumeRef(volume.pool(), volume.name());
            StoragePool pool = store.pool(ref);
            if (pool.kind() != PoolKind.LOCAL) {
                throw new StorageException(
                        Kind.INVALID,
                        "pool " + pool.name() + " is shared on this host, and local where volume " + ref + " is");
            }
            requireFree(ref, pool);
            Path file = pool.path().resolve(ref.volume());
            files.add(file);
            staged.add(pool.path().resolve(new MoveFile(MoveFile.Kind.CAME, moveId, vmId, epoch, ref).fileName()));
            wantedBytes.merge(fileStore(file), volume.sizeBytes(), Long::sum);
        }
        wantedBytes.forEach(VolumeMoves::requireRoom);
        return VolumesComing.begin(volumes, files, staged);
    }

    private void requireFree(VolumeRef ref, StoragePool pool) {
        if (Files.exists(pool.path().resolve(ref.volume()), LinkOption.NOFOLLOW_LINKS)) {
            throw new StorageException(
                    Kind.CONFLICT, "volume " + ref + " exists on this host already; delete it first");
        }
        leftovers(pool).stream()
                .filter(left -> left.volume().equals(ref))
                .findFirst()
                .ifPresent(left -> {
                    throw new StorageException(
                            Kind.CONFLICT, "volume " + ref + " is still part of migration " + left.moveId() + " here");
                });
    }

    private static FileStore fileStore(Path file) {
        try {
            return Files.getFileStore(file.toAbsolutePath().getParent());
        } catch (IOException failed) {
            throw new StorageException(Kind.FAILED, "the pool of " + file + " cannot be used: " + failed, failed);
        }
    }

    private static void requireRoom(FileStore files, long wantedBytes) {
        try {
            long free = files.getUsableSpace();
            if (wantedBytes > free) {
                throw new StorageException(
                        Kind.FULL,
                        "the pools on " + files.name() + " have " + free + " bytes free; " + wantedBytes
                                + " are needed");
            }
        } catch (IOException failed) {
            throw new StorageException(Kind.FAILED, "the room on " + files.name() + " is not known: " + failed, failed);
        }
    }

    /** Files of moves in all local pools that can be read. */
    public List<MoveFile> leftovers() {
        return resources.pools().stream()
                .filter(pool -> pool.kind() == PoolKind.LOCAL && Files.isDirectory(pool.path()))
                .flatMap(pool -> leftovers(pool).stream())
                .toList();
    }

    private static List<MoveFile> leftovers(StoragePool pool) {
        List<MoveFile> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(pool.path(), ".godwit-*.move")) {
            for (Path file : files) {
                MoveFile.parse(pool.name(), String.valueOf(file.getFileName())).ifPresent(found::add);
            }
        } catch (IOException failed) {
            throw new StorageException(Kind.FAILED, "pool " + pool.name() + " cannot be read: " + failed, failed);
        }
        return found;
    }

    /** Notes beside each volume that it is about to leave, to outlast a power cut. */
    public void mark(String moveId, String vmId, long epoch, List<VolumeRef> volumes) {
        for (VolumeRef ref : volumes) {
            Path note = path(new MoveFile(MoveFile.Kind.LEFT, moveId, vmId, epoch, ref));
            try {
                Files.createFile(note);
                VolumeDraft.syncDirectory(note);
            } catch (FileAlreadyExistsException noted) {
                // a request that was repeated
            } catch (IOException failed) {
                throw new StorageException(
                        Kind.FAILED, "that volume " + ref + " leaves cannot be noted: " + failed, failed);
            }
        }
    }

    /** Removes a file of a move: a copy that is not needed, or a note. One that is gone is fine. */
    public void discard(MoveFile file) {
        Path path = path(file);
        try {
            if (Files.deleteIfExists(path)) {
                VolumeDraft.syncDirectory(path);
            }
        } catch (IOException failed) {
            throw new StorageException(Kind.FAILED, path + " cannot be deleted: " + failed, failed);
        }
    }

    /** Deletes the volume that a note speaks of, then the note. A volume that is gone is fine. */
    public void clear(MoveFile note) {
        try {
            store.delete(note.volume());
        } catch (StorageException gone) {
            if (gone.kind() != Kind.NOT_FOUND) {
                throw gone;
            }
        }
        discard(note);
    }

    /** Makes a volume of a copy. One that was made before is fine. */
    public void publish(MoveFile copy) {
        Path path = path(copy);
        Path volume = path.resolveSibling(copy.volume().volume());
        try {
            Files.createLink(volume, path);
            VolumeDraft.syncDirectory(volume);
        } catch (FileAlreadyExistsException there) {
            requireSame(copy, path, volume);
        } catch (NoSuchFileException gone) {
            store.find(copy.volume());
            return;
        } catch (IOException failed) {
            throw new StorageException(
                    Kind.FAILED, "volume " + copy.volume() + " cannot get its name: " + failed, failed);
        }
        discard(copy);
    }

    private static void requireSame(MoveFile copy, Path path, Path volume) {
        try {
            if (Files.isSameFile(path, volume)) {
                return;
            }
        } catch (IOException unknown) {
            throw new StorageException(Kind.FAILED, path + " cannot be looked at: " + unknown, unknown);
        }
        throw new StorageException(
                Kind.CONFLICT,
                "volume " + copy.volume() + " was made meanwhile by somebody else; the disk of VM " + copy.vmId()
                        + " is " + path + " until that is moved away");
    }

    private Path path(MoveFile file) {
        return store.pool(file.volume()).path().resolve(file.fileName());
    }
}
