package io.godwit.kvm;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Segment, table and control registers of a vCPU ({@code struct kvm_sregs} without its pending interrupt). */
public record SpecialRegisters(
        Segment cs,
        Segment ds,
        Segment es,
        Segment fs,
        Segment gs,
        Segment ss,
        Segment tr,
        Segment ldt,
        Table gdt,
        Table idt,
        long cr0,
        long cr2,
        long cr3,
        long cr4,
        long cr8,
        long efer,
        long apicBase) {
    /** Size of {@code struct kvm_sregs}. */
    static final int BYTES = 312;

    /** CR0: protected mode. */
    public static final long CR0_PE = 1;
    /** CR0: extension type, fixed to 1 on every CPU of today. */
    public static final long CR0_ET = 1 << 4;

    /** CR0: paging. */
    public static final long CR0_PG = 1L << 31;
    /** CR4: page table entries of eight bytes. */
    public static final long CR4_PAE = 1 << 5;
    /** EFER: long mode is enabled. */
    public static final long EFER_LME = 1 << 8;
    /** EFER: long mode is active. */
    public static final long EFER_LMA = 1 << 10;

    private static final int TABLES_AT = 8 * Segment.BYTES;
    private static final int CONTROL_AT = TABLES_AT + 2 * Table.BYTES;

    /**
     * Where a descriptor table lies.
     *
     * @param limit its size in bytes less one
     */
    public record Table(long base, int limit) {
        static final int BYTES = 16;
    }

    /**
     * 32-bit protected mode without paging, flat segments: what PVH and multiboot kernels are entered with. The tables
     * are empty; selectors are those of a table with null, code, data and task in this order.
     */
    public SpecialRegisters inFlatProtectedMode() {
        Segment data = Segment.flatData32(0x10);
        return new SpecialRegisters(
                Segment.flatCode32(0x08),
                data,
                data,
                data,
                data,
                data,
                Segment.task32(0x18),
                ldt,
                new Table(0, 0),
                new Table(0, 0),
                CR0_PE | CR0_ET,
                0,
                0,
                0,
                0,
                0,
                apicBase);
    }

    /**
     * Long mode at privilege level 0, which 64-bit Linux is entered with: code at selector 0x10, data at 0x18, a task at
     * 0x20. The interrupt table is empty.
     *
     * @param pageTables guest-physical address of the PML4
     * @param newGdt a table that holds these selectors
     */
    public SpecialRegisters inLongMode(long pageTables, Table newGdt) {
        Segment data = Segment.flatData32(0x18);
        return new SpecialRegisters(
                Segment.code64(0x10),
                data,
                data,
                data,
                data,
                data,
                Segment.task64(0x20),
                ldt,
                newGdt,
                new Table(0, 0),
                CR0_PE | CR0_ET | CR0_PG,
                0,
                pageTables,
                CR4_PAE,
                0,
                EFER_LME | EFER_LMA,
                apicBase);
    }

    /** As it is, with another code segment. */
    public SpecialRegisters withCs(Segment newCs) {
        return new SpecialRegisters(
                newCs, ds, es, fs, gs, ss, tr, ldt, gdt, idt, cr0, cr2, cr3, cr4, cr8, efer, apicBase);
    }

    static SpecialRegisters fromNative(DirectBuffer struct) {
        Segment[] segments = new Segment[8];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = Segment.fromNative(struct, i * Segment.BYTES);
        }
        return new SpecialRegisters(
                segments[0],
                segments[1],
                segments[2],
                segments[3],
                segments[4],
                segments[5],
                segments[6],
                segments[7],
                tableFromNative(struct, TABLES_AT),
                tableFromNative(struct, TABLES_AT + Table.BYTES),
                struct.getLong(CONTROL_AT),
                struct.getLong(CONTROL_AT + 8),
                struct.getLong(CONTROL_AT + 16),
                struct.getLong(CONTROL_AT + 24),
                struct.getLong(CONTROL_AT + 32),
                struct.getLong(CONTROL_AT + 40),
                struct.getLong(CONTROL_AT + 48));
    }

    /** The bitmap of pending interrupts behind the control registers is left as it is. */
    void toNative(MutableDirectBuffer struct) {
        Segment[] segments = {cs, ds, es, fs, gs, ss, tr, ldt};
        for (int i = 0; i < segments.length; i++) {
            segments[i].toNative(struct, i * Segment.BYTES);
        }
        tableToNative(gdt, struct, TABLES_AT);
        tableToNative(idt, struct, TABLES_AT + Table.BYTES);
        long[] control = {cr0, cr2, cr3, cr4, cr8, efer, apicBase};
        for (int i = 0; i < control.length; i++) {
            struct.putLong(CONTROL_AT + i * Long.BYTES, control[i]);
        }
    }

    private static Table tableFromNative(DirectBuffer struct, int at) {
        return new Table(struct.getLong(at), struct.getShort(at + 8) & 0xffff);
    }

    private static void tableToNative(Table table, MutableDirectBuffer struct, int at) {
        struct.putLong(at, table.base());
        struct.putLong(at + 8, table.limit() & 0xffffL);
    }
}
