/* The other vCPUs, started as the architecture says: INIT, 10 ms, SIPI, 200 us, SIPI, by the xAPIC at CPL 3. */
#include "probe.h"

#define LAPIC_SPURIOUS 0xf0
#define LAPIC_ICR_LOW 0x300
#define LAPIC_ICR_HIGH 0x310
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600
#define ICR_PENDING 0x1000

extern u8 trampoline_start[], trampoline_end[];

static volatile u32 *lapic(u32 reg)
{
    return (volatile u32 *)(u64)(LAPIC_BASE + reg);
}

static void send(u32 apic_id, u32 command)
{
    *lapic(LAPIC_ICR_HIGH) = apic_id << 24;
    *lapic(LAPIC_ICR_LOW) = command;
    for (u32 i = 0; i < 1000 && (*lapic(LAPIC_ICR_LOW) & ICR_PENDING); i++)
        pause();
}

/* Block 0 is the boot vCPU's; if its APIC id is not 0, the vCPU with id 0 has that block instead. */
static u32 apic_id_of(u32 index)
{
    return index == cpu_facts.boot_apic_id ? 0 : index;
}

static void send_to_absent(u32 count, u32 command)
{
    for (u32 i = 1; i < count; i++)
        if (vcpu_slots[i] == SLOT_ABSENT)
            send(apic_id_of(i), command);
}

static u32 arrived(u32 count)
{
    u32 n = 0;
    for (u32 i = 0; i < count; i++)
        n += vcpu_slots[i] == SLOT_ARRIVED;
    return n;
}

static void wait(u64 limit_us, u32 count)
{
    u64 start = rdtsc();
    while (arrived(count) < count && rdtsc() - start < limit_us * (tsc_hz / 1000000))
        vcpu_beat(0);
}

u32 smp_start(void)
{
    u32 count = COUNTERS->header.vcpus;
    if (count == 1)
        return 1;
    for (u32 i = 0; i < (u32)(trampoline_end - trampoline_start); i++)
        ((volatile u8 *)TRAMPOLINE)[i] = trampoline_start[i];
    *lapic(LAPIC_SPURIOUS) = 0x1ff; /* enabled */
    send_to_absent(count, ICR_INIT);
    clock_wait_us(10000);
    send_to_absent(count, ICR_STARTUP | TRAMPOLINE >> 12);
    wait(200, count);
    send_to_absent(count, ICR_STARTUP | TRAMPOLINE >> 12);
    wait(ARRIVAL_LIMIT_MS * 1000, count);
    for (u32 i = 1; i < count; i++) {
        u32 expected = SLOT_ABSENT;
        __atomic_compare_exchange_n(
            &vcpu_slots[i], &expected, SLOT_CLOSED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    return arrived(count);
}
