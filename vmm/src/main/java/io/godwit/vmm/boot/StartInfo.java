package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The page that PVH's {@code ebx} points to, with everything it refers to (Xen's public/arch-x86/hvm/start_info.h,
 * version 1):
 *
 * <pre>
 *    0  hvm_start_info: magic, version, flags, modules, modlist, cmdline, rsdp, memmap, entries, reserved
 *   64  hvm_modlist_entry: address, size, cmdline, reserved
 *   96  hvm_memmap_table_entry of 24 bytes each: address, size, type, reserved
 * 2048  the command line, zero-terminated
 * </pre>
 */
final class StartInfo {
    static final int MAGIC = 0x336ec578;
    static final int VERSION = 1;
    private static final int MODULES_AT = 64;
    private static final int MEMMAP_AT = 96;
    private static final int CMDLINE_AT = 2048;

    private StartInfo() {}

    /**
     * @param base guest address of the page
     * @param initrd guest address of the first module, if there is one
     * @param told what the guest is told of its memory
     */
    static byte[] page(long base, long initrd, BootRequest request, MemoryMap told) {
        ByteBuffer page = ByteBuffer.allocate(GuestLayout.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        List<MemoryMap.Entry> memmap = told.entries();
        boolean module = request.initrdBytes() != 0;
        page.putInt(MAGIC).putInt(VERSION).putInt(0).putInt(module ? 1 : 0);
        page.putLong(module ? base + MODULES_AT : 0).putLong(base + CMDLINE_AT).putLong(request.rsdpAddress());
        page.putLong(base + MEMMAP_AT).putInt(memmap.size()).putInt(0);
        if (module) {
            page.position(MODULES_AT);
            page.putLong(initrd).putLong(request.initrdBytes()).putLong(0).putLong(0);
        }
        page.position(MEMMAP_AT);
        for (MemoryMap.Entry entry : memmap) {
            page.putLong(entry.start()).putLong(entry.sizeBytes());
            page.putInt(entry.type()).putInt(0);
        }
        page.position(CMDLINE_AT);
        page.put(request.cmdline().getBytes(StandardCharsets.UTF_8)).put((byte) 0);
        return page.array();
    }
}
