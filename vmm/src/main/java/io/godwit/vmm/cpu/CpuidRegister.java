package io.godwit.vmm.cpu;

import io.godwit.kvm.CpuidEntry;

/** One of the registers in which CPUID answers. */
enum CpuidRegister {
    EAX,
    EBX,
    ECX,
    EDX;

    int of(CpuidEntry entry) {
        return switch (this) {
            case EAX -> entry.eax();
            case EBX -> entry.ebx();
            case ECX -> entry.ecx();
            case EDX -> entry.edx();
        };
    }

    CpuidEntry in(CpuidEntry entry, int value) {
        return switch (this) {
            case EAX -> entry.withEax(value);
            case EBX -> entry.withEbx(value);
            case ECX -> entry.withEcx(value);
            case EDX -> entry.withEdx(value);
        };
    }
}
