package io.godwit.vmm.boot;

import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a {@link VmSpec} names into guest memory. Everything is read and checked before the first byte is
 * written, except the contents themselves.
 */
public final class KernelLoader {
    private static final int CHUNK_BYTES = 1 << 20;

    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    private final UnsafeBuffer chunkView = new UnsafeBuffer(chunk);

    private KernelLoader(GuestMemory memory, DirtyPages dirtyPages) {
        this.memory = memory;
        this.dirtyPages = dirtyPages;
    }

    /**
     * @param tables what the machine has placed before
     * @throws MachineException naming the file and why it cannot be booted
     */
    public static BootEntry load(VmSpec spec, GuestMemory memory, DirtyPages dirtyPages, PlacedTables tables) {
        String initrdPath = spec.initrd();
        try (ImageFile kernel = ImageFile.open("kernel", spec.kernel());
                ImageFile initrd = initrdPath == null ? null : ImageFile.open("initrd", initrdPath)) {
            return load(kernel, initrd, spec.cmdline(), memory, dirtyPages, tables);
        }
    }

    /**
     * Checks all that can be checked without a machine.
     *
     * @param tables what the machine will place
     * @throws MachineException naming the file and why it cannot be booted
     */
    public static void check(VmSpec spec, PlacedTables tables) {
        GuestLayout layout = GuestLayout.ofSize(spec.memoryBytes());
        String initrdPath = spec.initrd();
        try (ImageFile kernel = ImageFile.open("kernel", spec.kernel());
                ImageFile initrd = initrdPath == null ? null : ImageFile.open("initrd", initrdPath)) {
            plan(kernel, initrd, spec.cmdline(), layout, tables);
        }
    }

    static BootEntry load(
            ImageSource kernel,
            @Nullable ImageSource initrd,
            String cmdline,
            GuestMemory memory,
            DirtyPages dirtyPages,
            PlacedTables tables) {
        BootPlan plan = plan(kernel, initrd, cmdline, memory.layout(), tables);
        new KernelLoader(memory, dirtyPages).load(kernel, initrd, plan);
        return plan.entry();
    }

    private static BootPlan plan(
            ImageSource kernel, @Nullable ImageSource initrd, String cmdline, GuestLayout layout, PlacedTables tables) {
        MemoryMap map = MemoryMap.of(layout, tables.areas());
        long initrdBytes = initrd == null ? 0 : initrd.sizeBytes();
        return Kernel.parse(kernel, map).plan(new BootRequest(map, tables.rsdpAddress(), cmdline, initrdBytes));
    }

    private void load(ImageSource kernel, @Nullable ImageSource initrd, BootPlan plan) {
        for (ImagePart part : plan.parts()) {
            copy(kernel, part.fileOffset(), part.guestAddress(), part.fileBytes());
            zero(part.guestAddress() + part.fileBytes(), part.memoryBytes() - part.fileBytes());
        }
        if (initrd != null) {
            copy(initrd, 0, plan.initrdAddress(), initrd.sizeBytes());
        }
        for (BootPlan.Block block : plan.blocks()) {
            write(block.guestAddress(), block.bytes(), block.bytes().capacity());
        }
    }

    private void copy(ImageSource image, long offset, long guestAddress, long length) {
        for (long done = 0; done < length; ) {
            int step = (int) Math.min(CHUNK_BYTES, length - done);
            image.read(offset + done, chunk.clear().limit(step));
            write(guestAddress + done, chunkView, step);
            done += step;
        }
    }

    private void write(long guestAddress, DirectBuffer source, int length) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.write(guestAddress, source, 0, length);
        }
        dirtyPages.mark(guestAddress, length);
    }

    private void zero(long guestAddress, long length) {
        if (length > 0) {
            try (GuestMemory.Lease lease = memory.lease()) {
                lease.zero(guestAddress, length);
            }
            dirtyPages.mark(guestAddress, length);
        }
    }
}
