package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.vmm.acpi.AcpiTables;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The page that PVH's {@code ebx} points to, with everything it refers to (Xen's public/arch-x86/hvm/start_info.h,
 * version 1):
 *
 * <pre>
 *    0  hvm_start_info: magic, version, flags, modules, modlist, cmdline, rsdp, memmap, entries, reserved
 *   64  hvm_modlist_entry: address, size, cmdline, reserved
 *   96  hvm_memmap_table_entry of 24 bytes each: address, size, type, reserved
 *  512  the command line, zero-terminated
 * </pre>
 */
final class StartInfo {
    static final int MAGIC = 0x336ec578;
    static final int VERSION = 1;
    static final int RAM = 1;
    static final int RESERVED = 2;
    private static final int MODULES_AT = 64;
    private static final int MEMMAP_AT = 96;
    private static final int CMDLINE_AT = 512;

    private StartInfo() {}

    /** @param cmdline at most 2047 bytes of UTF-8 */
    static byte[] page(BootPlan plan, GuestLayout layout, String cmdline) {
        long base = plan.startInfoAddress();
        ByteBuffer page = ByteBuffer.allocate(GuestLayout.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        List<Range> memmap = memmap(base, layout);
        boolean module = plan.initrdBytes() != 0;
        page.putInt(MAGIC).putInt(VERSION).putInt(0).putInt(module ? 1 : 0);
        page.putLong(module ? base + MODULES_AT : 0).putLong(base + CMDLINE_AT).putLong(AcpiTables.START);
        page.putLong(base + MEMMAP_AT).putInt(memmap.size()).putInt(0);
        if (module) {
            page.position(MODULES_AT);
            page.putLong(plan.initrdAddress())
                    .putLong(plan.initrdBytes())
                    .putLong(0)
                    .putLong(0);
        }
        page.position(MEMMAP_AT);
        for (Range range : memmap) {
            page.putLong(range.start)
                    .putLong(range.end - range.start)
                    .putInt(range.type)
                    .putInt(0);
        }
        page.position(CMDLINE_AT);
        page.put(cmdline.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
        return page.array();
    }

    private static List<Range> memmap(long startInfo, GuestLayout layout) {
        long after = startInfo + GuestLayout.PAGE_SIZE;
        List<Range> ranges = new ArrayList<>();
        ranges.add(new Range(0, startInfo, RAM));
        ranges.add(new Range(startInfo, after, RESERVED));
        if (after < BootPlan.LOW_END) {
            ranges.add(new Range(after, BootPlan.LOW_END, RAM));
        }
        ranges.add(new Range(AcpiTables.START, AcpiTables.END, RESERVED));
        for (GuestRegion region : layout.regions()) {
            ranges.add(new Range(Math.max(region.guestAddress(), BootPlan.HIGH_START), region.endAddress(), RAM));
        }
        return ranges;
    }

    private record Range(long start, long end, int type) {}
}
