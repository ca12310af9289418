package io.godwit.vmm.boot;

import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.acpi.AcpiTables;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a {@link VmSpec} names into guest memory. Everything is read and checked before the first byte is
 * written, except the contents themselves.
 */
public final class PvhLoader {
    private static final int CHUNK_BYTES = 1 << 20;

    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    private final UnsafeBuffer chunkView = new UnsafeBuffer(chunk);

    private PvhLoader(GuestMemory memory, DirtyPages dirtyPages) {
        this.memory = memory;
        this.dirtyPages = dirtyPages;
    }

    /** @throws MachineException naming the file and why it cannot be booted */
    public static BootEntry load(VmSpec spec, GuestMemory memory, DirtyPages dirtyPages) {
        String initrdPath = spec.initrd();
        try (ImageFile kernel = ImageFile.open("kernel", spec.kernel());
                ImageFile initrd = initrdPath == null ? null : ImageFile.open("initrd", initrdPath)) {
            return new PvhLoader(memory, dirtyPages).load(kernel, initrd, spec.cmdline(), spec.vcpus());
        }
    }

    /**
     * Checks all that can be checked without a machine.
     *
     * @throws MachineException naming the file and why it cannot be booted
     */
    public static void check(VmSpec spec) {
        GuestLayout layout = GuestLayout.ofSize(spec.memoryBytes());
        String initrdPath = spec.initrd();
        try (ImageFile kernel = ImageFile.open("kernel", spec.kernel());
                ImageFile initrd = initrdPath == null ? null : ImageFile.open("initrd", initrdPath)) {
            BootPlan.of(PvhKernel.parse(kernel, layout), layout, initrd == null ? 0 : initrd.sizeBytes());
        }
    }

    static BootEntry load(
            ImageSource kernel, @Nullable ImageSource initrd, String cmdline, GuestMemory memory, DirtyPages dirty) {
        return new PvhLoader(memory, dirty).load(kernel, initrd, cmdline, 1);
    }

    private BootEntry load(ImageSource kernelImage, @Nullable ImageSource initrd, String cmdline, int vcpus) {
        PvhKernel kernel = PvhKernel.parse(kernelImage, memory.layout());
        BootPlan plan = BootPlan.of(kernel, memory.layout(), initrd == null ? 0 : initrd.sizeBytes());
        for (ElfSegment segment : kernel.segments()) {
            copy(kernelImage, segment.fileOffset(), segment.guestAddress(), segment.fileBytes());
            zero(segment.guestAddress() + segment.fileBytes(), segment.memoryBytes() - segment.fileBytes());
        }
        if (initrd != null) {
            copy(initrd, 0, plan.initrdAddress(), plan.initrdBytes());
        }
        byte[] tables = AcpiTables.of(vcpus);
        write(AcpiTables.START, new UnsafeBuffer(tables), tables.length);
        byte[] page = StartInfo.page(plan, memory.layout(), cmdline);
        write(plan.startInfoAddress(), new UnsafeBuffer(page), page.length);
        return new BootEntry(kernel.entry(), plan.startInfoAddress());
    }

    private void copy(ImageSource image, long offset, long guestAddress, long length) {
        for (long done = 0; done < length; ) {
            int step = (int) Math.min(CHUNK_BYTES, length - done);
            image.read(offset + done, chunk.clear().limit(step));
            write(guestAddress + done, chunkView, step);
            done += step;
        }
    }

    private void write(long guestAddress, UnsafeBuffer source, int length) {
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
