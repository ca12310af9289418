package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The page that a multiboot kernel's {@code ebx} points to, with everything it refers to (Multiboot Specification
 * 0.6.96, section 3.3):
 *
 * <pre>
 *    0  flags, mem_lower, mem_upper (KiB), boot_device, cmdline, mods_count, mods_addr
 *   44  mmap_length, mmap_addr
 *   64  boot_loader_name
 *  128  one module: mod_start, mod_end, string, reserved
 *  144  the loader's name, zero-terminated
 *  160  memory map of 24 bytes each: size of the rest, base (64 bits), length (64 bits), type
 * 2048  the command line, zero-terminated
 * </pre>
 */
final class MultibootInfo {
    private static final int MEMORY = 1;
    private static final int CMDLINE = 1 << 2;
    private static final int MODULES = 1 << 3;
    private static final int MEMORY_MAP = 1 << 6;
    private static final int LOADER_NAME = 1 << 9;

    private static final int MODULE_AT = 128;
    private static final int NAME_AT = 144;
    private static final int MMAP_AT = 160;
    private static final int CMDLINE_AT = 2048;
    private static final int ENTRY_BYTES = 24;
    private static final byte[] NAME = "godwit\0".getBytes(StandardCharsets.US_ASCII);

    private MultibootInfo() {}

    /**
     * @param base guest address of the page
     * @param initrd guest address of the module, if there is one
     * @param told what the guest is told of its memory
     */
    static byte[] page(long base, long initrd, BootRequest request, MemoryMap told) {
        ByteBuffer page = ByteBuffer.allocate(GuestLayout.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        List<MemoryMap.Entry> entries = told.entries();
        page.putInt(4, kib(told.ramBytesFrom(0)));
        page.putInt(8, kib(told.ramBytesFrom(MemoryMap.HIGH_START)));
        page.putInt(16, (int) base + CMDLINE_AT);
        page.putInt(44, entries.size() * ENTRY_BYTES).putInt(48, (int) base + MMAP_AT);
        page.putInt(64, (int) base + NAME_AT).put(NAME_AT, NAME);
        int flags = MEMORY | CMDLINE | MEMORY_MAP | LOADER_NAME;
        if (request.initrdBytes() != 0) {
            flags |= MODULES;
            page.putInt(20, 1).putInt(24, (int) base + MODULE_AT);
            page.putInt(MODULE_AT, (int) initrd).putInt(MODULE_AT + 4, (int) (initrd + request.initrdBytes()));
        }
        page.putInt(0, flags);
        page.position(MMAP_AT);
        for (MemoryMap.Entry entry : entries) {
            page.putInt(ENTRY_BYTES - Integer.BYTES).putLong(entry.start()).putLong(entry.sizeBytes());
            page.putInt(entry.type());
        }
        page.position(CMDLINE_AT);
        page.put(request.cmdline().getBytes(StandardCharsets.UTF_8)).put((byte) 0);
        return page.array();
    }

    private static int kib(long bytes) {
        return (int) (bytes >> 10);
    }
}
