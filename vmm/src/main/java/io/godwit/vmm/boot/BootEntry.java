package io.godwit.vmm.boot;

import io.godwit.kvm.Register;
import io.godwit.kvm.Registers;
import io.godwit.kvm.SpecialRegisters;

/** The state in which vCPU 0 begins. */
public sealed interface BootEntry {
    /** Guest-physical address of the first instruction. */
    long entry();

    Registers registers();

    /** @param current what the vCPU has; its APIC base stays */
    SpecialRegisters specialRegisters(SpecialRegisters current);

    /**
     * 32-bit protected mode, flat, paging off: PVH (Xen's docs/misc/pvh.pandoc) and multiboot (specification 0.6.96,
     * section 3.2).
     */
    record Flat(long entry, long eax, long ebx) implements BootEntry {
        @Override
        public Registers registers() {
            return Registers.initial()
                    .with(Register.RIP, entry)
                    .with(Register.RAX, eax)
                    .with(Register.RBX, ebx);
        }

        @Override
        public SpecialRegisters specialRegisters(SpecialRegisters current) {
            return current.inFlatProtectedMode();
        }
    }

    /**
     * Long mode, memory mapped onto itself: Linux (Documentation/arch/x86/boot.rst, "64-bit boot protocol").
     *
     * @param rsi address of the boot parameters
     * @param pageTables address of the PML4
     * @param gdt with 64-bit code at 0x10 and data at 0x18
     */
    record LongMode(long entry, long rsi, long pageTables, SpecialRegisters.Table gdt) implements BootEntry {
        @Override
        public Registers registers() {
            return Registers.initial().with(Register.RIP, entry).with(Register.RSI, rsi);
        }

        @Override
        public SpecialRegisters specialRegisters(SpecialRegisters current) {
            return current.inLongMode(pageTables, gdt);
        }
    }
}
