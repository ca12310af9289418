package io.godwit.kvm;

import io.godwit.kvm.linux.Mapping;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * {@code struct kvm_run}, shared with the kernel. Offsets and lengths in it are checked against the mapping before
 * they are followed.
 *
 * <pre>
 *   1 immediate_exit u8      8 exit_reason u32
 *  32 io:   direction u8, size u8, port u16, count u32, data_offset u64
 *  32 mmio: phys_addr u64, data u8[8], len u32, is_write u8
 *  32 internal: suberror u32, ndata u32, flags u64, insn_size u8, insn_bytes u8[15]
 *  32 fail_entry: reason u64       32 system_event: type u32
 * </pre>
 */
final class RunPage {
    private static final int IMMEDIATE_EXIT = 1;
    private static final int EXIT_REASON = 8;
    private static final int UNION = 32;
    private static final int IO_SIZE = UNION + 1;
    private static final int IO_PORT = UNION + 2;
    private static final int IO_COUNT = UNION + 4;
    private static final int IO_DATA_OFFSET = UNION + 8;
    private static final int MMIO_DATA = UNION + 8;
    private static final int MMIO_LENGTH = UNION + 16;
    private static final int MMIO_IS_WRITE = UNION + 20;
    private static final int INTERNAL_DATA_COUNT = UNION + 4;
    private static final int INTERNAL_FLAGS = UNION + 8;
    private static final int INSTRUCTION_SIZE = UNION + 16;
    private static final int INSTRUCTION_BYTES = UNION + 17;
    private static final int MAX_INSTRUCTION_BYTES = 15;

    private static final int EXIT_IO = 2;
    private static final int EXIT_HLT = 5;
    private static final int EXIT_MMIO = 6;
    private static final int EXIT_SHUTDOWN = 8;
    private static final int EXIT_FAIL_ENTRY = 9;
    private static final int EXIT_INTR = 10;
    private static final int EXIT_INTERNAL_ERROR = 17;
    private static final int EXIT_SYSTEM_EVENT = 24;
    private static final int EXIT_DIRTY_RING_FULL = 31;
    private static final int INTERNAL_ERROR_EMULATION = 1;
    private static final long INTERNAL_FLAG_INSTRUCTION_BYTES = 1;
    private static final byte ONES = (byte) 0xff;

    private final UnsafeBuffer page;

    // Where the pending exit's data lies; a size of 0 when it has none.
    private int dataAt;
    private int dataSize;
    private int dataCount;

    RunPage(Mapping mapping) {
        this.page = mapping.view(0, Math.toIntExact(mapping.sizeBytes()));
    }

    void requestImmediateExit(boolean exit) {
        page.putByteVolatile(IMMEDIATE_EXIT, (byte) (exit ? 1 : 0));
    }

    /** The exit that {@code KVM_RUN} has just returned with; reads are prepared to answer all ones. */
    VcpuExit decode() {
        dataSize = 0;
        int reason = page.getInt(EXIT_REASON);
        return switch (reason) {
            case EXIT_IO -> decodeIo();
            case EXIT_MMIO -> decodeMmio();
            case EXIT_HLT -> new VcpuExit.Halt();
            case EXIT_SHUTDOWN -> new VcpuExit.Shutdown();
            case EXIT_FAIL_ENTRY -> new VcpuExit.FailEntry(page.getLong(UNION));
            case EXIT_INTR -> new VcpuExit.Interrupted();
            case EXIT_INTERNAL_ERROR -> decodeInternalError();
            case EXIT_SYSTEM_EVENT -> new VcpuExit.SystemEvent(page.getInt(UNION));
            case EXIT_DIRTY_RING_FULL -> new VcpuExit.DirtyRingFull();
            default -> new VcpuExit.Unknown(reason);
        };
    }

    /** The value at {@code index} of the pending port access, zero-extended. */
    int portValue(int index) {
        return (int) get(dataAt(index), dataSize);
    }

    void answer(int index, long value) {
        int at = dataAt(index);
        for (int i = 0; i < dataSize; i++) {
            page.putByte(at + i, (byte) (value >>> (8 * i)));
        }
    }

    private VcpuExit decodeIo() {
        boolean out = page.getByte(UNION) != 0;
        int size = page.getByte(IO_SIZE) & 0xff;
        int port = page.getShort(IO_PORT) & 0xffff;
        int count = page.getInt(IO_COUNT);
        long offset = page.getLong(IO_DATA_OFFSET);
        boolean sane = (size == 1 || size == 2 || size == 4) && count > 0 && count <= page.capacity();
        if (!sane || offset < 0 || offset > page.capacity() - (long) size * count) {
            throw new IllegalStateException("KVM reports a port access of " + count + " times " + size
                    + " bytes at offset " + offset + " of a run page of " + page.capacity());
        }
        dataAt = (int) offset;
        dataSize = size;
        dataCount = count;
        if (out) {
            return new VcpuExit.PortOut(port, size, count, portValue(0));
        }
        page.setMemory(dataAt, size * count, ONES);
        return new VcpuExit.PortIn(port, size, count);
    }

    private VcpuExit decodeMmio() {
        long address = page.getLong(UNION);
        int length = page.getInt(MMIO_LENGTH);
        if (length < 1 || length > Long.BYTES) {
            throw new IllegalStateException("KVM reports a memory access of " + length + " bytes");
        }
        if (page.getByte(MMIO_IS_WRITE) != 0) {
            return new VcpuExit.MmioWrite(address, length, get(MMIO_DATA, length));
        }
        dataAt = MMIO_DATA;
        dataSize = length;
        dataCount = 1;
        page.setMemory(dataAt, length, ONES);
        return new VcpuExit.MmioRead(address, length);
    }

    private VcpuExit decodeInternalError() {
        int suberror = page.getInt(UNION);
        StringBuilder bytes = new StringBuilder();
        boolean told = suberror == INTERNAL_ERROR_EMULATION
                && page.getInt(INTERNAL_DATA_COUNT) >= 3
                && (page.getLong(INTERNAL_FLAGS) & INTERNAL_FLAG_INSTRUCTION_BYTES) != 0;
        if (told) {
            int size = Math.min(page.getByte(INSTRUCTION_SIZE) & 0xff, MAX_INSTRUCTION_BYTES);
            for (int i = 0; i < size; i++) {
                bytes.append(String.format("%02x", page.getByte(INSTRUCTION_BYTES + i)));
            }
        }
        return new VcpuExit.InternalError(suberror, bytes.toString());
    }

    private int dataAt(int index) {
        if (dataSize == 0 || index < 0 || index >= dataCount) {
            throw new IllegalStateException(
                    "no value " + index + " in the pending exit, which has " + (dataSize == 0 ? 0 : dataCount));
        }
        return dataAt + index * dataSize;
    }

    private long get(int at, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (page.getByte(at + i) & 0xffL) << (8 * i);
        }
        return value;
    }
}
