package io.godwit.kvm;

import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.kvm.memory.PageBitmap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The dirty bitmap. With manual protect, {@code KVM_GET_DIRTY_LOG} only reads and {@code KVM_CLEAR_DIRTY_LOG} protects
 * exactly what was read, in steps that do not hold the VM's MMU lock for long. With initially-set, switching on costs
 * nothing and the first harvest holds every page. Kernels without manual protect read and clear in one step.
 */
final class BitmapDirtyLog implements DirtyLog {
    private static final int MANUAL_PROTECT = 1;
    private static final int INITIALLY_SET = 2;

    /** Pages per clear: 256 MiB of guest memory, 8 KiB of bitmap. */
    private static final int CLEAR_STEP_PAGES = 1 << 16;

    private final KvmVm vm;
    private final boolean manual;
    private @Nullable UnsafeBuffer bitmap;

    private BitmapDirtyLog(KvmVm vm, boolean manual) {
        this.vm = vm;
        this.manual = manual;
    }

    static BitmapDirtyLog create(KvmVm vm) {
        int supported = vm.check(KvmCapability.MANUAL_DIRTY_LOG_PROTECT2) & (MANUAL_PROTECT | INITIALLY_SET);
        boolean manual =
                (supported & MANUAL_PROTECT) != 0 && vm.enable(KvmCapability.MANUAL_DIRTY_LOG_PROTECT2, supported);
        return new BitmapDirtyLog(vm, manual);
    }

    @Override
    public DirtyLogMechanism mechanism() {
        return DirtyLogMechanism.BITMAP;
    }

    @Override
    public synchronized void enable() {
        if (bitmap != null) {
            return;
        }
        long pages = 0;
        for (GuestRegion region : vm.memory().layout().regions()) {
            pages = Math.max(pages, region.sizeBytes() >>> GuestLayout.PAGE_SHIFT);
        }
        UnsafeBuffer allocated = NativeBuffers.allocate(Math.toIntExact((pages + 63) / 64 * Long.BYTES));
        vm.logDirtyPages(true);
        bitmap = allocated;
    }

    @Override
    public synchronized void disable() {
        if (bitmap != null) {
            vm.logDirtyPages(false);
            bitmap = null;
        }
    }

    @Override
    public synchronized boolean isEnabled() {
        return bitmap != null;
    }

    @Override
    public synchronized long harvest(PageBitmap into) {
        UnsafeBuffer words = bitmap;
        if (words == null) {
            throw new IllegalStateException("dirty logging of " + vm.name() + " is off");
        }
        GuestLayout layout = vm.memory().layout();
        if (into.pageCount() != layout.pageCount()) {
            throw new IllegalArgumentException(
                    "a set of " + into.pageCount() + " pages for a guest of " + layout.pageCount());
        }
        long found = 0;
        for (int slot = 0; slot < layout.regions().size(); slot++) {
            GuestRegion region = layout.regions().get(slot);
            read(slot, words);
            if (manual) {
                clear(slot, region, words);
            }
            found += collect(region, words, into);
        }
        return found;
    }

    @Override
    public long[] pagesByVcpu() {
        return new long[0];
    }

    private void read(int slot, UnsafeBuffer words) {
        UnsafeBuffer struct = NativeBuffers.allocate(16); // slot u32, padding u32, bitmap u64
        struct.putInt(0, slot);
        struct.putLong(8, words.addressOffset());
        vm.file().call(KvmIoctl.KVM_GET_DIRTY_LOG, struct, "slot " + slot);
    }

    private void clear(int slot, GuestRegion region, UnsafeBuffer words) {
        UnsafeBuffer struct = NativeBuffers.allocate(24); // slot u32, pages u32, first u64, bitmap u64
        long pages = region.sizeBytes() >>> GuestLayout.PAGE_SHIFT;
        for (long first = 0; first < pages; first += CLEAR_STEP_PAGES) {
            int count = (int) Math.min(CLEAR_STEP_PAGES, pages - first);
            int at = (int) (first / Byte.SIZE);
            if (anySet(words, at, count)) {
                struct.putInt(0, slot);
                struct.putInt(4, count);
                struct.putLong(8, first);
                struct.putLong(16, words.addressOffset() + at);
                vm.file().call(KvmIoctl.KVM_CLEAR_DIRTY_LOG, struct, "slot " + slot + ", pages from " + first);
            }
        }
    }

    private static boolean anySet(UnsafeBuffer words, int at, int pages) {
        for (int i = 0; i < pages; i += Long.SIZE) {
            if (words.getLong(at + i / Byte.SIZE) != 0) {
                return true;
            }
        }
        return false;
    }

    private static long collect(GuestRegion region, UnsafeBuffer words, PageBitmap into) {
        long base = region.fileOffset() >>> GuestLayout.PAGE_SHIFT;
        long pages = region.sizeBytes() >>> GuestLayout.PAGE_SHIFT;
        long found = 0;
        for (long first = 0; first < pages; first += Long.SIZE) {
            long word = words.getLong((int) (first / Byte.SIZE));
            found += Long.bitCount(word);
            if ((base & 63) == 0) {
                into.orWord(base + first, word);
            } else {
                for (long rest = word; rest != 0; rest &= rest - 1) {
                    into.set(base + first + Long.numberOfTrailingZeros(rest));
                }
            }
        }
        return found;
    }
}
