package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The page that Linux's {@code rsi} points to, its "zero page" (Documentation/arch/x86/zero-page.rst and, for the setup
 * header in it, boot.rst). What is not named here is zero:
 *
 * <pre>
 * 0x070  acpi_rsdp_addr  u64   0x210  type_of_loader  u8
 * 0x1e8  e820_entries    u8    0x214  code32_start    u32
 * 0x1f1  setup header          0x218  ramdisk_image   u32
 * 0x1fa  vid_mode        u16   0x21c  ramdisk_size    u32
 *                              0x228  cmd_line_ptr    u32
 *                              0x250  setup_data      u64
 * 0x2d0  e820_table: address u64, size u64, type u32 each
 * </pre>
 *
 * @param loadAddress of the protected-mode part
 */
record BootParams(LinuxHeader header, long loadAddress, long cmdlineAddress) {
    private static final int OTHER_LOADER = 0xff;
    private static final short NORMAL_VIDEO_MODE = (short) 0xffff;
    private static final int E820_AT = 0x2d0;

    /** @param told what the guest is told of its memory */
    byte[] page(long initrdAddress, BootRequest request, MemoryMap told) {
        ByteBuffer page = ByteBuffer.allocate(GuestLayout.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        page.put(LinuxHeader.START, header.setup(), 0, header.setup().limit());
        page.putLong(0x70, request.rsdpAddress());
        page.putShort(0x1fa, NORMAL_VIDEO_MODE);
        page.put(0x210, (byte) OTHER_LOADER);
        page.putInt(0x214, (int) loadAddress);
        page.putInt(0x218, (int) initrdAddress);
        page.putInt(0x21c, (int) request.initrdBytes());
        page.putInt(0x228, (int) cmdlineAddress);
        page.putLong(0x250, 0);
        List<MemoryMap.Entry> entries = told.entries();
        page.put(0x1e8, (byte) entries.size());
        page.position(E820_AT);
        for (MemoryMap.Entry entry : entries) {
            page.putLong(entry.start()).putLong(entry.sizeBytes()).putInt(entry.type());
        }
        return page.array();
    }
}
