/* The TSC's frequency: told by the hypervisor or measured against the PIT. */
#include "probe.h"

#define PIT_HZ 1193182
#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define PIT_TICKS (PIT_HZ / 50) /* 20 ms: one slow port access is then below 0.2 % */
#define PIT_READS 2000 /* 20 ms take a few hundred */
#define ASSUMED_HZ 2000000000ull

u64 tsc_hz;

static u32 pit_count(void)
{
    outb(PIT_COMMAND, 0x00); /* latch channel 0 */
    u32 low = inb(PIT_CHANNEL0);
    return low | (u32)inb(PIT_CHANNEL0) << 8;
}

/* 0 when no PIT counts. */
static u64 measure_by_pit(void)
{
    outb(PIT_COMMAND, 0x30); /* channel 0, low and high byte, mode 0: one countdown */
    outb(PIT_CHANNEL0, 0xff);
    outb(PIT_CHANNEL0, 0xff);
    u64 start = rdtsc();
    u32 first = pit_count(), now = first;
    for (u32 reads = 0; reads < PIT_READS; reads++) {
        u64 end = rdtsc();
        now = pit_count();
        if (now < first && first - now >= PIT_TICKS)
            return (end - start) * PIT_HZ / (first - now);
        vcpu_beat(0);
    }
    return 0;
}

const char *clock_init(void)
{
    const char *source = cpu_facts.tsc_source;
    tsc_hz = cpu_facts.tsc_hz;
    if (tsc_hz == 0) {
        tsc_hz = measure_by_pit();
        source = "PIT";
    }
    if (tsc_hz == 0) {
        tsc_hz = ASSUMED_HZ;
        source = "nothing, assumed";
    }
    return source;
}

void clock_wait_us(u64 us)
{
    u64 start = rdtsc();
    while (rdtsc() - start < us * (tsc_hz / 1000000))
        vcpu_beat(0);
}
