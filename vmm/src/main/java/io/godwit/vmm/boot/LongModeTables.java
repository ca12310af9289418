package io.godwit.vmm.boot;

import io.godwit.kvm.SpecialRegisters;
import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Tables for the first instructions in long mode, in a row of pages (Intel SDM volume 3, sections 3.4.5 and 4.5):
 *
 * <pre>
 * page 0     GDT: null, null, 64-bit code, data, task (16 bytes)
 * page 1     PML4 with one entry
 * page 2     page directory pointers with four entries
 * page 3-6   page directories: 4 GiB in pages of 2 MiB, each mapped onto itself, writable
 * </pre>
 */
record LongModeTables(long address) {
    static final int PAGES = 7;

    private static final int PAGE = GuestLayout.PAGE_SIZE;
    private static final long CODE_64 = 0x00af_9b00_0000_ffffL;
    private static final long DATA = 0x00cf_9300_0000_ffffL;
    private static final long BUSY_TASK = 0x0000_8b00_0000_0067L;
    private static final int GDT_BYTES = 6 * Long.BYTES;
    private static final int DIRECTORIES = 4;
    private static final int ENTRIES = PAGE / Long.BYTES;
    /** Present, writable, accessed, dirty: the processor need not write to them. */
    private static final long TABLE_FLAGS = 0x63;

    private static final long LARGE_PAGE_FLAGS = TABLE_FLAGS | 0x80;
    private static final int LARGE_PAGE_SHIFT = 21;

    long pageTables() {
        return address + PAGE;
    }

    SpecialRegisters.Table gdt() {
        return new SpecialRegisters.Table(address, GDT_BYTES - 1);
    }

    byte[] bytes() {
        ByteBuffer tables = ByteBuffer.allocate(PAGES * PAGE).order(ByteOrder.LITTLE_ENDIAN);
        tables.putLong(0x10, CODE_64).putLong(0x18, DATA).putLong(0x20, BUSY_TASK);
        tables.putLong(PAGE, (address + 2 * PAGE) | TABLE_FLAGS);
        for (int i = 0; i < DIRECTORIES; i++) {
            tables.putLong(2 * PAGE + i * Long.BYTES, (address + (3L + i) * PAGE) | TABLE_FLAGS);
        }
        tables.position(3 * PAGE);
        for (long i = 0; i < DIRECTORIES * ENTRIES; i++) {
            tables.putLong((i << LARGE_PAGE_SHIFT) | LARGE_PAGE_FLAGS);
        }
        return tables.array();
    }
}
