/*
 * All that runs at CPL 0: what the CPU says of itself, the descriptors, and the end of a probe that met an exception.
 * Short on purpose: some hosts emulate this code, at about two million instructions a second.
 */
#include "probe.h"

struct tss {
    u32 reserved0;
    u64 rsp0;
    u8 reserved1[90];
    u16 io_bitmap_offset;
    u8 io_bitmap[8192];
    u8 io_bitmap_end;
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104 + 8192 + 1, "a TSS with an I/O bitmap of all ports");

/* As the exception entries leave it. */
struct exception_frame {
    u64 vector, error_code, rip, cs, rflags, rsp, ss;
};

/* KVM's clock page; pvclock_vcpu_time_info of the kernel's ABI. */
struct kvm_clock {
    u32 version;
    u32 padding;
    u64 tsc_timestamp;
    u64 system_time;
    u32 tsc_to_system_mul;
    signed char tsc_shift;
    u8 flags;
    u8 padding2[2];
};

#define KVM_SIGNATURE_EBX 0x4b4d564b /* "KVMK" */
#define KVM_FEATURE_CLOCKSOURCE2 (1u << 3)
#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01

struct cpu_facts cpu_facts;
volatile u32 vcpu_slots[MAX_VCPUS];
u64 start_info_address;
u32 boot_apic_id; /* for boot.S */
u64 idt[64] __attribute__((aligned(16)));

static struct tss tss[MAX_VCPUS] __attribute__((aligned(16)));
static volatile struct kvm_clock kvm_clock __attribute__((aligned(64)));

extern u8 kernel_stacks[MAX_VCPUS][KERNEL_STACK_SIZE];
extern u8 exception_entries[];
extern u64 gdt[];

static void cpuid(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
    __asm__ volatile("cpuid" : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(*edx) : "a"(leaf), "c"(0));
}

static void wrmsr(u32 msr, u64 value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

/* KVM's clock scales TSC ticks to nanoseconds: ns = (ticks << shift) * mul >> 32. */
static u64 kvm_clock_tsc_hz(void)
{
    wrmsr(MSR_KVM_SYSTEM_TIME_NEW, (u64)&kvm_clock | 1);
    for (int i = 0; i < 1000 && (kvm_clock.version == 0 || (kvm_clock.version & 1)); i++)
        pause();
    wrmsr(MSR_KVM_SYSTEM_TIME_NEW, 0);
    if (kvm_clock.tsc_to_system_mul == 0)
        return 0;
    /* 10^9 * 2^32 / mul without 128-bit division: 10^9 < 2^30, so 34 bits of shift fit and rounding is below 1 ppm. */
    u64 hz = ((1000000000ull << 34) / kvm_clock.tsc_to_system_mul) >> 2;
    int shift = kvm_clock.tsc_shift;
    return shift < 0 ? hz << -shift : hz >> shift;
}

static void learn_tsc_frequency(u32 max_leaf, bool hypervisor)
{
    u32 eax, ebx, ecx, edx;
    if (max_leaf >= 0x15) {
        cpuid(0x15, &eax, &ebx, &ecx, &edx);
        if (eax && ebx && ecx) {
            cpu_facts.tsc_hz = (u64)ecx * ebx / eax;
            cpu_facts.tsc_source = "CPUID 0x15";
            return;
        }
    }
    if (!hypervisor)
        return;
    u32 max_hypervisor_leaf, features;
    cpuid(0x40000000, &max_hypervisor_leaf, &ebx, &ecx, &edx);
    bool kvm = ebx == KVM_SIGNATURE_EBX;
    if (max_hypervisor_leaf >= 0x40000010) {
        cpuid(0x40000010, &eax, &ebx, &ecx, &edx);
        cpu_facts.tsc_hz = eax * 1000ull;
        cpu_facts.tsc_source = "CPUID 0x40000010";
    }
    if (cpu_facts.tsc_hz == 0 && kvm) {
        cpuid(0x40000001, &features, &ebx, &ecx, &edx);
        if (features & KVM_FEATURE_CLOCKSOURCE2) {
            cpu_facts.tsc_hz = kvm_clock_tsc_hz();
            cpu_facts.tsc_source = "KVM clock";
        }
    }
}

static void learn_cpu(void)
{
    u32 max_leaf, eax, ebx, ecx, edx;
    cpuid(0, &max_leaf, &ebx, &ecx, &edx);
    cpuid(1, &eax, &ebx, &ecx, &edx);
    cpu_facts.vcpus = (ebx >> 16) & 0xff;
    cpu_facts.boot_apic_id = boot_apic_id = ebx >> 24;
    bool hypervisor = ecx >> 31;
    cpuid(0x80000000, &eax, &ebx, &ecx, &edx);
    if (eax >= 0x80000001) {
        cpuid(0x80000001, &eax, &ebx, &ecx, &edx);
        cpu_facts.huge_pages = edx >> 26 & 1;
    }
    learn_tsc_frequency(max_leaf, hypervisor);
}

static void set_tss(u32 index)
{
    struct tss *t = &tss[index];
    u64 base = (u64)t, limit = sizeof *t - 1;
    t->rsp0 = (u64)kernel_stacks[index] + KERNEL_STACK_SIZE;
    t->io_bitmap_offset = offsetof(struct tss, io_bitmap);
    t->io_bitmap_end = 0xff;
    u64 *descriptor = &gdt[TSS_SELECTOR / 8 + 2 * index];
    descriptor[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
}

static void set_idt(void)
{
    for (u32 vector = 0; vector < 32; vector++) {
        u64 entry = (u64)exception_entries + 16 * vector;
        idt[2 * vector] = (entry & 0xffff) | (u64)KERNEL_CODE64 << 16 | 0x8e00ull << 32 | (entry >> 16 & 0xffff) << 48;
        idt[2 * vector + 1] = entry >> 32;
    }
}

void kernel_boot(u64 start_info)
{
    start_info_address = start_info;
    learn_cpu();
    set_idt();
    set_tss(0);
    vcpu_slots[0] = SLOT_ARRIVED;
}

/* Whether a vCPU that was started may join; no longer once the boot vCPU has stopped waiting for it. */
u32 kernel_admit_vcpu(u32 index)
{
    u32 expected = SLOT_ABSENT;
    set_tss(index);
    return __atomic_compare_exchange_n(
        &vcpu_slots[index], &expected, SLOT_ARRIVED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void kernel_exception(const struct exception_frame *frame)
{
    u64 cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    u32 index = (u32)(((u64)frame - (u64)kernel_stacks) / KERNEL_STACK_SIZE);
    COUNTERS->vcpu[index].errors++;
    if (COUNTERS->header.first_error_address == 0)
        COUNTERS->header.first_error_address = frame->vector == 14 ? cr2 : frame->rip;
    console_print("\nprobe: vCPU %u exception %u error code 0x%x rip 0x%x cr2 0x%x\n", (u64)index, frame->vector,
        frame->error_code, frame->rip, cr2);
    debug_exit(EXIT_EXCEPTION);
}
