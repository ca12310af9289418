/* What the probe's units know of each other. */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define PAGE_SIZE 4096
#define MIB (1ull << 20)

/* --- counters: guest-physical COUNTERS_BASE, read by tools on the host; README.md has the table --- */

#define COUNTERS_MAGIC 0x4250544957444f47ull /* "GODWITPB" */
#define COUNTERS_VERSION 1

struct counters_header {
    u64 magic;
    u32 version;
    u32 vcpus;
    u64 wss_bytes;
    u64 rate_bytes_per_second;
    u64 fill_bytes;
    u64 first_error_address;
    u32 ready;
    u32 vcpus_started;
    u64 reserved;
};

struct vcpu_counters {
    u64 heartbeat;
    u64 pages_written;
    u64 pages_checked;
    u64 errors;
    u64 last_tsc;
    u64 tsc_backwards;
    u64 reserved[2];
};

struct counters {
    struct counters_header header;
    struct vcpu_counters vcpu[MAX_VCPUS];
};

_Static_assert(sizeof(struct counters_header) == 64, "the header is 64 bytes");
_Static_assert(sizeof(struct vcpu_counters) == 64, "a vCPU's block is 64 bytes");

#define COUNTERS ((volatile struct counters *)COUNTERS_BASE)

/* --- kernel.c, CPL 0 --- */

/* What only CPL 0 can learn: where guest user code runs natively without CPUID faulting it sees the host's CPUID. */
struct cpu_facts {
    u32 vcpus;
    u32 boot_apic_id;
    bool huge_pages;       /* 1 GiB */
    u64 tsc_hz;            /* 0 when nothing told */
    const char *tsc_source;
};

enum vcpu_slot { SLOT_ABSENT = 0, SLOT_ARRIVED = 1, SLOT_CLOSED = 2 };

extern struct cpu_facts cpu_facts;
extern volatile u32 vcpu_slots[MAX_VCPUS];
extern u64 start_info_address;

/* --- options.c --- */

enum pattern { PATTERN_RANDOM, PATTERN_TEXT, PATTERN_ZERO };

struct options {
    u64 wss_mib;
    u64 rate_mb;
    u64 fill_mib;
    u64 seed;
    u64 exit_code;
    u64 writers; /* the first so many vCPUs write; 0 for all */
    bool fill_given;
    bool exit;
    bool check;
    bool reset;
    bool fault;
    enum pattern pattern;
};

extern struct options options;
void options_parse(const char *cmdline);

/* --- memory.c: RAM and the pages to be filled, numbered densely from 0 --- */

/* Copies what the loader left (memory map, command line), then maps all RAM. False without a memory map. */
bool memory_init(void);
const char *memory_cmdline(void);
u64 memory_fillable_pages(void);
u64 *memory_page(u64 index);

/* --- clock.c --- */

extern u64 tsc_hz;
/* Returns what the frequency was taken from. */
const char *clock_init(void);
void clock_wait_us(u64 us);

static inline u64 rdtsc(void)
{
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64)high << 32 | low;
}

/* --- console.c --- */

void console_init(void);
/* Waits until the text is out; a conversion is %u, %x (u64), %s or %%. */
void console_print(const char *format, ...);
/* For the status line: queues, and console_step() sends a byte at a time so that the heartbeat goes on. */
void console_queue(const char *format, ...);
void console_step(void);
bool console_idle(void);

/* --- smp.c --- */

#define ARRIVAL_LIMIT_MS 2000

/* Starts the other vCPUs by INIT and SIPI; returns how many run, this one included. */
u32 smp_start(void);

/* --- pages.c --- */

#define FIRST_SEQUENCE 1

void page_fill(u64 *page, u64 seed, enum pattern pattern);
void page_fill_zero(u64 *page);
bool page_is_intact(const u64 *page, u64 sequence, u64 seed);
bool page_is_zero(const u64 *page);
/* The next version of a page: sequence + 1, some words changed; a full checksum when the old one is not to be trusted. */
void page_write(u64 *page, u64 sequence, u64 entropy, bool intact);

/* --- vcpu.c --- */

/* What the vCPUs share: vCPU of rank r of n has the r-th part of the working set and of the rest. */
struct work {
    u64 wss_pages;
    u64 fill_pages;
    u64 rate_bytes_per_second;
    u32 ranks;
    u32 rank_of[MAX_VCPUS];
};

extern struct work work;
extern volatile u32 work_published;

/* Fills this vCPU's part, then dirties and checks it for ever. */
void vcpu_work(u32 index) __attribute__((noreturn));
/* One beat of the heart, for loops that wait. */
void vcpu_beat(u32 index);

/* --- ports, usable at CPL 3 because of the TSS's I/O bitmap --- */

static inline void outb(u16 port, u8 value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 inb(u16 port)
{
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void debug_exit(u8 code)
{
    outb(DEBUG_EXIT_PORT, code);
}

#endif
