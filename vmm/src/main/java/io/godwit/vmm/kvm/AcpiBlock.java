package io.godwit.vmm.kvm;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.acpi.AcpiTables;
import io.godwit.vmm.boot.MemoryRange;
import io.godwit.vmm.boot.PlacedTables;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Where a machine's ACPI tables lie, which its kernel is told and its memory map keeps free. */
final class AcpiBlock {
    /** The RSDP comes first. */
    static final PlacedTables PLACED =
            new PlacedTables(List.of(new MemoryRange(AcpiTables.START, AcpiTables.END)), AcpiTables.START);

    private AcpiBlock() {}

    /** Writes them, as before each boot: a guest may have written over what it had. */
    static void write(int vcpus, GuestMemory memory, DirtyPages dirtyPages) {
        byte[] tables = AcpiTables.of(vcpus);
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.write(AcpiTables.START, new UnsafeBuffer(tables), 0, tables.length);
        }
        dirtyPages.mark(AcpiTables.START, tables.length);
    }
}
