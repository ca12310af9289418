package io.godwit.vmm.storage;

import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.Units;
import io.godwit.config.ValueType;
import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The volumes in this host's pools: raw images, each a regular file. Every method blocks and throws
 * {@link StorageException}. What is made appears whole, under its name, or not at all.
 */
public final class VolumeStore {
    public static final long MIN_SIZE_BYTES = 1L << 20;
    public static final long MAX_SIZE_BYTES = 64L << 40;
    static final int SECTOR_BYTES = 512;
    private static final String SIZE_ACCEPTED = "a multiple of 512 bytes from 1MiB to 64TiB";

    private final Resources resources;

    public VolumeStore(Resources resources) {
        this.resources = resources;
    }

    /** Volumes on their way between hosts. */
    public VolumeMoves moves() {
        return new VolumeMoves(resources, this);
    }

    /** The size of a volume as operators write it. */
    public static ValueType<Long> sizeType() {
        return ValueType.size(MIN_SIZE_BYTES, MAX_SIZE_BYTES).that(bytes -> bytes % SECTOR_BYTES == 0, SIZE_ACCEPTED);
    }

    /** In the order of the configuration. */
    public List<Pool> pools() {
        return resources.pools().stream().map(VolumeStore::describe).toList();
    }

    /** Whether that pool is the same directory on every host that names it; false for one that is not known here. */
    public boolean isShared(String pool) {
        return resources.pools().stream()
                .anyMatch(known -> known.name().equals(pool) && known.kind() == PoolKind.SHARED);
    }

    private static Pool describe(StoragePool pool) {
        String path = pool.path().toString();
        try {
            FileStore store = Files.getFileStore(pool.path());
            String problem = Files.isDirectory(pool.path()) ? "" : path + " is not a directory";
            return new Pool(
                    pool.name(),
                    pool.kind(),
                    pool.fencing(),
                    path,
                    store.getTotalSpace(),
                    store.getUsableSpace(),
                    problem);
        } catch (IOException missing) {
            return new Pool(
                    pool.name(), pool.kind(), pool.fencing(), path, 0, 0, path + " cannot be used: " + reason(missing));
        }
    }

    /** Of all pools that can be read, by pool and name. Files whose names no volume may have are left out. */
    public List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>();
        for (StoragePool pool : resources.pools()) {
            if (Files.isDirectory(pool.path())) {
                volumes.addAll(volumes(pool));
            }
        }
        return volumes;
    }

    private static List<Volume> volumes(StoragePool pool) {
        List<Volume> volumes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(pool.path())) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (VolumeRef.isVolumeName(name) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    volumes.add(new Volume(pool.name(), name, pool.kind(), Files.size(file)));
                }
            }
        } catch (IOException failed) {
            throw failed(Kind.FAILED, "pool " + pool.name() + " cannot be read", failed);
        }
        volumes.sort(Comparator.comparing(Volume::name));
        return volumes;
    }

    public Volume find(VolumeRef ref) {
        Path file = existing(ref);
        try {
            return new Volume(ref.pool(), ref.volume(), pool(ref).kind(), Files.size(file));
        } catch (IOException failed) {
            throw failed(Kind.FAILED, "volume " + ref + " cannot be read", failed);
        }
    }

    /**
     * Makes a volume that reads as zeroes.
     *
     * @param preallocate whether its blocks are taken from the file system now, so that a guest's write finds room
     */
    public Volume create(VolumeRef ref, long sizeBytes, boolean preallocate) {
        requireSize(sizeBytes);
        return make(ref, draft -> {
            if (preallocate) {
                requireRoom(ref, sizeBytes);
                draft.preallocate(sizeBytes);
            } else {
                draft.setSize(sizeBytes);
            }
        });
    }

    /** Copies an image of the host into a volume. It is read only, and not while a machine writes it. */
    public Volume importImage(VolumeRef ref, Path source, Optional<ImageFormat> format) {
        try (ImageSource image = ImageSource.open(source, format)) {
            return make(ref, image::copyTo);
        }
    }

    /** Makes a disk from which cloud-init configures a guest. */
    public Volume seed(VolumeRef ref, CloudSeed seed) {
        byte[] image = seed.toIso9660();
        return make(ref, draft -> draft.write(0, ByteBuffer.wrap(image)));
    }

    /** What fills a volume that is being made. */
    @FunctionalInterface
    private interface Filling {
        void fill(VolumeDraft draft) throws IOException;
    }

    private Volume make(VolumeRef ref, Filling filling) {
        Path file = pool(ref).path().resolve(ref.volume());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw taken(ref);
        }
        try (VolumeDraft draft = VolumeDraft.begin(file)) {
            filling.fill(draft);
            draft.publish();
        } catch (FileAlreadyExistsException raced) {
            throw taken(ref);
        } catch (IOException failed) {
            throw failed(
                    VolumeDraft.isFull(failed) ? Kind.FULL : Kind.FAILED, "volume " + ref + " cannot be made", failed);
        } catch (SystemCallException failed) {
            throw new StorageException(
                    failed.errno() == Errno.ENOSPC ? Kind.FULL : Kind.FAILED,
                    "volume " + ref + " cannot be made: " + failed.getMessage(),
                    failed);
        }
        return find(ref);
    }

    private static StorageException taken(VolumeRef ref) {
        return new StorageException(
                Kind.CONFLICT, "volume " + ref + " exists already; delete it first, or choose another name");
    }

    /**
     * Changes a volume's size. A guest sees it when its machine is made anew.
     *
     * @param shrink whether bytes at the end may be lost
     */
    public Volume resize(VolumeRef ref, long sizeBytes, boolean shrink) {
        requireSize(sizeBytes);
        Path file = existing(ref);
        try (UnusedImage image = UnusedImage.claim(ref, file);
                RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            long before = content.length();
            if (sizeBytes < before && !shrink) {
                throw new StorageException(
                        Kind.INVALID,
                        "volume " + ref + " has " + Units.formatSize(before) + "; size " + Units.formatSize(sizeBytes)
                                + " would lose what is behind it and is accepted only with shrink=true");
            }
            content.setLength(sizeBytes);
            image.file().sync();
            return new Volume(ref.pool(), ref.volume(), pool(ref).kind(), sizeBytes);
        } catch (IOException failed) {
            throw failed(
                    VolumeDraft.isFull(failed) ? Kind.FULL : Kind.FAILED,
                    "volume " + ref + " cannot be resized",
                    failed);
        }
    }

    public void delete(VolumeRef ref) {
        Path file = existing(ref);
        UnusedImage image = UnusedImage.claim(ref, file);
        try {
            Files.delete(file);
            VolumeDraft.syncDirectory(file);
        } catch (IOException failed) {
            throw failed(Kind.FAILED, "volume " + ref + " cannot be deleted", failed);
        } finally {
            image.close();
        }
    }

    StoragePool pool(VolumeRef ref) {
        StoragePool pool = resources
                .pool(ref.pool())
                .orElseThrow(() -> new StorageException(
                        Kind.NOT_FOUND,
                        "pool \"" + ref.pool() + "\" is not configured on this host; known are "
                                + resources.pools().stream()
                                        .map(StoragePool::name)
                                        .toList()));
        if (!Files.isDirectory(pool.path())) {
            throw new StorageException(
                    Kind.FAILED, "pool " + pool.name() + " cannot be used: " + pool.path() + " is not a directory");
        }
        return pool;
    }

    Path existing(VolumeRef ref) {
        Path file = pool(ref).path().resolve(ref.volume());
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new StorageException(Kind.NOT_FOUND, "there is no volume " + ref + " on this host");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new StorageException(
                    Kind.INVALID, "volume " + ref + " is not a regular file; only such are managed here");
        }
        return file;
    }

    private static void requireSize(long sizeBytes) {
        if (sizeBytes < MIN_SIZE_BYTES || sizeBytes > MAX_SIZE_BYTES || sizeBytes % SECTOR_BYTES != 0) {
            throw new StorageException(
                    Kind.INVALID, "size " + sizeBytes + " is not accepted; expected " + SIZE_ACCEPTED);
        }
    }

    private void requireRoom(VolumeRef ref, long sizeBytes) throws IOException {
        long free = Files.getFileStore(pool(ref).path()).getUsableSpace();
        if (sizeBytes > free) {
            throw new StorageException(
                    Kind.FULL,
                    "volume " + ref + " cannot be made: pool " + ref.pool() + " has " + free + " bytes free, "
                            + sizeBytes + " are needed");
        }
    }

    private static StorageException failed(Kind kind, String what, IOException cause) {
        return new StorageException(kind, what + ": " + reason(cause), cause);
    }

    private static String reason(IOException cause) {
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
