/* RAM as the PVH loader describes it, its page tables, and the dense numbering of the pages to be filled. */
#include "probe.h"

/* Xen's start_info.h: hvm_start_info and hvm_memmap_table_entry, version 1. */
struct start_info {
    u32 magic;
    u32 version;
    u32 flags;
    u32 modules;
    u64 modules_address;
    u64 cmdline_address;
    u64 rsdp_address;
    u64 memmap_address;
    u32 memmap_entries;
    u32 reserved;
};

struct memmap_entry {
    u64 address;
    u64 size;
    u32 type;
    u32 reserved;
};

#define START_INFO_MAGIC 0x336ec578
#define MEMMAP_RAM 1

#define MAX_RANGES 32
#define CMDLINE_SIZE 2048
#define ADDRESS_LIMIT (512ull << 30) /* one entry of the PML4 */

#define SIZE_2M (2ull << 20)
#define SIZE_1G (1ull << 30)
#define TABLE_ENTRY 0x07 /* present, writable, user */
#define LARGE_ENTRY 0x87
#define UNCACHED 0x18

struct range {
    u64 start;
    u64 end;
};

extern u64 pdpt[512], pd0[512];

static struct range ram[MAX_RANGES];
static u32 ram_ranges;
static char cmdline[CMDLINE_SIZE];
static u64 next_table = TABLES_BASE;
static u64 *directories[512]; /* page directory of each GiB, to be linked when complete */

static void map_2m(u64 address, u64 flags)
{
    u64 gib = address / SIZE_1G;
    if (directories[gib] == 0) {
        directories[gib] = (u64 *)next_table;
        next_table += PAGE_SIZE;
        for (u32 i = 0; i < 512; i++)
            directories[gib][i] = 0;
    }
    directories[gib][address / SIZE_2M % 512] = address | LARGE_ENTRY | flags;
}

/* Maps what was not mapped: nothing present changes, so no TLB has to be told. */
static void map_range(const struct range *r)
{
    u64 address = r->start & ~(SIZE_2M - 1);
    while (address < r->end) {
        u64 gib = address / SIZE_1G;
        bool whole = address % SIZE_1G == 0 && r->end - address >= SIZE_1G;
        if (whole && cpu_facts.huge_pages && directories[gib] == 0) {
            pdpt[gib] = address | LARGE_ENTRY;
            address += SIZE_1G;
        } else {
            map_2m(address, 0);
            address += SIZE_2M;
        }
    }
}

static void map_all(void)
{
    directories[0] = pd0;
    map_2m(LAPIC_BASE & ~(SIZE_2M - 1), UNCACHED);
    for (u32 i = 0; i < ram_ranges; i++)
        map_range(&ram[i]);
    for (u32 gib = 1; gib < 512; gib++)
        if (directories[gib] != 0)
            pdpt[gib] = (u64)directories[gib] | TABLE_ENTRY;
}

static void copy_cmdline(const char *from)
{
    u32 n = 0;
    for (; n < CMDLINE_SIZE - 1 && from[n] != '\0'; n++)
        cmdline[n] = from[n];
    cmdline[n] = '\0';
}

/* The loader may put its tables anywhere below 4 GiB: makes such an address usable before RAM is known. */
static void *loaded_at(u64 address, u64 size)
{
    for (u64 a = address & ~(SIZE_2M - 1); a < address + size; a += SIZE_2M)
        if (a >= FILL_BASE * 2 && a < SIZE_1G * 4) {
            directories[0] = pd0;
            map_2m(a, 0);
            u64 gib = a / SIZE_1G;
            if (gib > 0)
                pdpt[gib] = (u64)directories[gib] | TABLE_ENTRY;
        }
    return (void *)address;
}

bool memory_init(void)
{
    const struct start_info *info = loaded_at(start_info_address, sizeof *info);
    if (info->magic != START_INFO_MAGIC)
        return false;
    if (info->cmdline_address != 0)
        copy_cmdline(loaded_at(info->cmdline_address, CMDLINE_SIZE));
    if (info->version >= 1) {
        const struct memmap_entry *entry = loaded_at(info->memmap_address, info->memmap_entries * sizeof *entry);
        for (u32 i = 0; i < info->memmap_entries && ram_ranges < MAX_RANGES; i++) {
            u64 end = entry[i].address + entry[i].size;
            if (entry[i].type == MEMMAP_RAM && entry[i].address < ADDRESS_LIMIT && end > entry[i].address)
                ram[ram_ranges++] = (struct range){entry[i].address, end < ADDRESS_LIMIT ? end : ADDRESS_LIMIT};
        }
    }
    map_all();
    for (u32 i = 0; i < ram_ranges; i++) { /* from here on: whole pages that the fill may use */
        struct range *r = &ram[i];
        r->start = r->start < FILL_BASE ? FILL_BASE : (r->start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);
        r->end &= ~(PAGE_SIZE - 1ull);
        if (r->end < r->start)
            r->end = r->start;
    }
    return ram_ranges > 0;
}

const char *memory_cmdline(void)
{
    return cmdline;
}

u64 memory_fillable_pages(void)
{
    u64 bytes = 0;
    for (u32 i = 0; i < ram_ranges; i++)
        bytes += ram[i].end - ram[i].start;
    return bytes / PAGE_SIZE;
}

u64 *memory_page(u64 index)
{
    u64 offset = index * PAGE_SIZE;
    const struct range *r = ram;
    while (offset >= r->end - r->start) {
        offset -= r->end - r->start;
        r++;
    }
    return (u64 *)(r->start + offset);
}
