package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.VectorIo;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestVector;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.QueueFault;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Carries out one request after another (virtio 1.2, 5.2.6): a header of 16 bytes to read, the data, and one byte of
 * status to write, cut into pieces as the driver likes. For one thread at a time.
 *
 * <pre>
 * 0 type u32   4 reserved u32   8 sector u64
 * </pre>
 */
final class BlockRequest {
    private static final int HEADER_BYTES = 16;
    private static final int ERASE_BYTES = 16; // sector u64, sectors u32, flags u32
    private static final int ID_BYTES = 20;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;

    private static final byte OK = 0;
    private static final byte IO_ERROR = 1;
    private static final byte UNSUPPORTED = 2;

    /** Instead of a number of bytes. */
    static final long UNFINISHED = -1;

    private final String queue;
    private final Disk disk;
    private final byte[] serial;
    private final DirtyPages dirty;
    private final DiskFailures failures;
    private final GuestVector pieces;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[ID_BYTES]);
    private final DiskZeroes zeroes;
    private int type;
    private long sector;
    /** Bytes of its data that were moved. */
    private long done;

    BlockRequest(String queue, Disk disk, String serial, DirtyPages dirty, DiskFailures failures, int queueSize) {
        this.queue = queue;
        this.disk = disk;
        this.serial = Arrays.copyOf(serial.getBytes(StandardCharsets.US_ASCII), ID_BYTES);
        this.dirty = dirty;
        this.failures = failures;
        this.pieces = new GuestVector(queueSize);
        this.zeroes = new DiskZeroes(disk.file());
    }

    /**
     * Carries one out, status included.
     *
     * @return bytes written to the driver's pieces
     * @throws QueueFault when it has no room for header or status
     */
    long carryOut(GuestMemory.Lease lease, DescriptorChain chain) {
        begin(lease, chain);
        return carryOn(lease, chain);
    }

    /**
     * Takes its header, once.
     *
     * @throws QueueFault when it has no room for header or status
     */
    void begin(GuestMemory.Lease lease, DescriptorChain chain) {
        if (chain.read(lease, 0, bytes, 0, HEADER_BYTES) < HEADER_BYTES || chain.writableBytes() < 1) {
            throw new QueueFault(queue + ": a request of " + chain.readableBytes() + " bytes to read and "
                    + chain.writableBytes() + " to write, at least 16 and 1 are expected");
        }
        type = bytes.getInt(0);
        sector = bytes.getLong(8);
        done = 0;
    }

    /**
     * Has the kernel move the data of the one begun meanwhile.
     *
     * @param tag by which its end is told, for {@link #ended}
     * @return false where it moves none, or not as it is: then {@link #carryOn} is what is left to do
     */
    boolean queueOn(AsyncIo io, int tag, GuestMemory.Lease lease, DescriptorChain chain) {
        long length = dataBytes(chain);
        boolean moves = type == IN || (type == OUT && !disk.file().isReadOnly());
        if (!moves || !isOnDisk(sector, length)) {
            return false;
        }
        fillPieces(lease, chain);
        if (pieces.count() > VectorIo.MAX_PIECES) {
            return false;
        }
        if (type == IN) {
            pieces.queueRead(io, tag, sector * BlockConfig.SECTOR_BYTES);
        } else {
            pieces.queueWrite(io, tag, sector * BlockConfig.SECTOR_BYTES);
        }
        return true;
    }

    /**
     * Answers what the kernel did.
     *
     * @param result bytes moved, or {@code -errno}
     * @return bytes written to the driver's pieces, or {@link #UNFINISHED}: the rest is left for {@link #carryOn}
     */
    long ended(GuestMemory.Lease lease, DescriptorChain chain, long result) {
        long length = dataBytes(chain);
        if (result > 0 && result < length) {
            done = result;
            return UNFINISHED;
        }
        if (type == IN) {
            chain.markWritten(dirty, result == 0 ? 0 : length); // of a read that failed nobody knows what it wrote
        }
        if (result < 0) {
            String call = type == IN ? "preadv" : "pwritev";
            failures.add(
                    queue,
                    new SystemCallException(
                            call, (int) -result, disk.file().file().name()));
        }
        return answer(lease, chain, result == length ? OK : IO_ERROR);
    }

    /**
     * Carries out what is left of the one begun, status included, and waits for it.
     *
     * @return bytes written to the driver's pieces
     */
    long carryOn(GuestMemory.Lease lease, DescriptorChain chain) {
        byte status;
        try {
            status = perform(lease, chain);
        } catch (SystemCallException failed) {
            failures.add(queue, failed);
            status = IO_ERROR;
        }
        return answer(lease, chain, status);
    }

    private long answer(GuestMemory.Lease lease, DescriptorChain chain, byte status) {
        bytes.putByte(0, status);
        chain.write(lease, dirty, chain.writableBytes() - 1, bytes, 0, 1);
        return chain.writableBytes();
    }

    private byte perform(GuestMemory.Lease lease, DescriptorChain chain) {
        return switch (type) {
            case IN -> read(lease, chain);
            case OUT -> write(lease, chain);
            case FLUSH -> flush();
            case GET_ID -> identify(lease, chain);
            case DISCARD -> erase(lease, chain, true);
            case WRITE_ZEROES -> erase(lease, chain, false);
            default -> UNSUPPORTED;
        };
    }

    /** Of a read or a write. */
    private long dataBytes(DescriptorChain chain) {
        return type == IN ? chain.writableBytes() - 1 : chain.readableBytes() - HEADER_BYTES;
    }

    private byte read(GuestMemory.Lease lease, DescriptorChain chain) {
        long length = dataBytes(chain);
        if (!isOnDisk(sector, length)) {
            return IO_ERROR;
        }
        fillPieces(lease, chain);
        long written = length; // of a read that fails nobody knows what it wrote
        try {
            done += pieces.readAt(disk.file().file(), sector * BlockConfig.SECTOR_BYTES + done);
            written = done;
        } finally {
            chain.markWritten(dirty, written);
        }
        return done == length ? OK : IO_ERROR;
    }

    private byte write(GuestMemory.Lease lease, DescriptorChain chain) {
        long length = dataBytes(chain);
        if (disk.file().isReadOnly() || !isOnDisk(sector, length)) {
            return IO_ERROR;
        }
        fillPieces(lease, chain);
        done += pieces.writeAt(disk.file().file(), sector * BlockConfig.SECTOR_BYTES + done);
        return done == length ? OK : IO_ERROR;
    }

    /** With the data that is left. */
    private void fillPieces(GuestMemory.Lease lease, DescriptorChain chain) {
        pieces.begin(lease);
        long left = dataBytes(chain) - done;
        if (type == IN) {
            addPieces(chain, chain.readableCount(), chain.count(), done, left);
        } else {
            addPieces(chain, 0, chain.readableCount(), HEADER_BYTES + done, left);
        }
    }

    private void addPieces(DescriptorChain chain, int first, int end, long leaveOut, long length) {
        long skip = leaveOut;
        long left = length;
        for (int i = first; i < end && left > 0; i++) {
            long part = Math.min(chain.length(i) - Math.min(skip, chain.length(i)), left);
            if (part > 0) {
                pieces.add(chain.address(i) + skip, part);
            }
            skip = Math.max(0, skip - chain.length(i));
            left -= part;
        }
    }

    private byte flush() {
        if (!disk.file().isReadOnly()) {
            disk.file().sync();
        }
        return OK;
    }

    private byte identify(GuestMemory.Lease lease, DescriptorChain chain) {
        bytes.putBytes(0, serial);
        chain.write(lease, dirty, 0, bytes, 0, (int) Math.min(ID_BYTES, chain.writableBytes() - 1));
        return OK;
    }

    private byte erase(GuestMemory.Lease lease, DescriptorChain chain, boolean discard) {
        if (chain.readableBytes() != HEADER_BYTES + ERASE_BYTES || disk.file().isReadOnly()) {
            return chain.readableBytes() % ERASE_BYTES == 0 ? UNSUPPORTED : IO_ERROR;
        }
        chain.read(lease, HEADER_BYTES, bytes, 0, ERASE_BYTES);
        long first = bytes.getLong(0);
        long sectors = Integer.toUnsignedLong(bytes.getInt(8));
        int flags = bytes.getInt(12);
        if ((flags & ~1) != 0 || (discard && flags != 0)) {
            return UNSUPPORTED;
        }
        long length = sectors * BlockConfig.SECTOR_BYTES;
        if (sectors == 0 || sectors > BlockConfig.MAX_ERASE_SECTORS || !isOnDisk(first, length)) {
            return IO_ERROR;
        }
        long offset = first * BlockConfig.SECTOR_BYTES;
        if (discard) {
            disk.file().punchHole(offset, length); // a hint: a file that cannot keeps what it has
        } else {
            zeroes.write(offset, length, flags == 1);
        }
        return OK;
    }

    private boolean isOnDisk(long first, long length) {
        long capacity = disk.sizeBytes() / BlockConfig.SECTOR_BYTES;
        return length > 0
                && length % BlockConfig.SECTOR_BYTES == 0
                && first >= 0
                && first <= capacity
                && length / BlockConfig.SECTOR_BYTES <= capacity - first;
    }
}
