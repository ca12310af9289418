/* The boot vCPU at CPL 3: learns its machine, starts the others, deals out the work. */
#include "probe.h"

static const char *const pattern_names[] = {"random", "text", "zero"};

static void spin_for_ever(void)
{
    for (;;)
        pause();
}

static void publish_header(void)
{
    volatile struct counters_header *h = &COUNTERS->header;
    for (u32 i = 0; i < sizeof(struct counters) / 8; i++)
        ((volatile u64 *)COUNTERS_BASE)[i] = 0;
    u32 vcpus = cpu_facts.vcpus == 0 ? 1 : cpu_facts.vcpus;
    h->version = COUNTERS_VERSION;
    h->vcpus = vcpus < MAX_VCPUS ? vcpus : MAX_VCPUS;
    h->vcpus_started = 1;
}

/* For tests of the VMM; true when there is nothing more to do. */
static bool acted_on_test_options(void)
{
    volatile u64 *mark = (volatile u64 *)RESET_MARK;
    if (options.exit) {
        console_print("probe: debug exit with %u\n", options.exit_code);
        debug_exit((u8)options.exit_code);
        console_print("probe: nothing listens at port 0x%x\n", (u64)DEBUG_EXIT_PORT);
        return true;
    }
    if (options.reset && *mark != COUNTERS_MAGIC) {
        *mark = COUNTERS_MAGIC;
        console_print("probe: reset by port 0x64\n");
        outb(0x64, 0xfe);
        return true;
    }
    if (options.reset)
        console_print("probe: running after a reset\n");
    if (options.fault) {
        console_print("probe: reads an address that is not mapped\n");
        (void)*(volatile u64 *)(600ull << 30);
    }
    return false;
}

static void deal_out_work(u32 vcpus_started)
{
    u64 available = memory_fillable_pages();
    u64 fill = options.fill_mib * (MIB / PAGE_SIZE), wss = options.wss_mib * (MIB / PAGE_SIZE);
    if (fill > available) {
        console_print("probe: fill clipped from %u to %u MiB, all RAM above %u MiB\n", options.fill_mib,
            available * PAGE_SIZE / MIB, (u64)FILL_BASE / MIB);
        fill = available;
    }
    if (wss > fill) {
        console_print("probe: wss clipped from %u to %u MiB, all that is filled\n", options.wss_mib,
            fill * PAGE_SIZE / MIB);
        wss = fill;
    }
    work.wss_pages = wss;
    work.fill_pages = fill;
    work.rate_bytes_per_second = options.rate_mb * 1000000;
    work.ranks = vcpus_started;
    for (u32 i = 0, rank = 0; i < MAX_VCPUS; i++)
        if (vcpu_slots[i] == SLOT_ARRIVED)
            work.rank_of[i] = rank++;
    COUNTERS->header.wss_bytes = wss * PAGE_SIZE;
    COUNTERS->header.fill_bytes = fill * PAGE_SIZE;
    COUNTERS->header.rate_bytes_per_second = work.rate_bytes_per_second;
}

static void boot_vcpu(void)
{
    bool has_memory = memory_init();
    console_init();
    publish_header();
    if (!has_memory) {
        console_print("probe: no PVH start info with a memory map at 0x%x\n", start_info_address);
        debug_exit(EXIT_NO_MEMORY_MAP);
        spin_for_ever();
    }
    options_parse(memory_cmdline());
    if (acted_on_test_options())
        spin_for_ever();
    const char *tsc_source = clock_init();
    u32 vcpus = smp_start();
    COUNTERS->header.vcpus_started = vcpus;
    if (vcpus < cpu_facts.vcpus)
        console_print("probe: going on with %u of %u vCPUs: the others did not arrive in %u ms or are above %u\n",
            (u64)vcpus, (u64)cpu_facts.vcpus, (u64)ARRIVAL_LIMIT_MS, (u64)MAX_VCPUS);
    deal_out_work(vcpus);
    console_print("probe: %u of %u vCPUs, TSC %u kHz by %s\n", (u64)vcpus, (u64)COUNTERS->header.vcpus, tsc_hz / 1000,
        tsc_source);
    console_print("probe: fill %u MiB %s, seed %u, wss %u MiB at %u MB/s, check %s\n",
        work.fill_pages * PAGE_SIZE / MIB, pattern_names[options.pattern], options.seed,
        work.wss_pages * PAGE_SIZE / MIB, options.rate_mb, options.check ? "on" : "off");
    COUNTERS->header.magic = COUNTERS_MAGIC;
    __atomic_store_n(&work_published, 1, __ATOMIC_RELEASE);
}

void user_main(u32 index)
{
    if (index == 0)
        boot_vcpu();
    while (!__atomic_load_n(&work_published, __ATOMIC_ACQUIRE))
        vcpu_beat(index);
    vcpu_work(index);
}
