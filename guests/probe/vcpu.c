/* What every vCPU does for ever: write its pages of the working set when they are due, check pages otherwise. */
#include "probe.h"

/* A vCPU that was kept from running writes at up to CATCH_UP times its rate, for what it missed of the last 100 ms. */
#define CATCH_UP 4
#define CATCH_UP_WINDOW_DIVISOR 10

struct work work;
volatile u32 work_published;

static volatile u32 filled[MAX_VCPUS];

/* One vCPU's own state. Page numbers are dense; see memory.h. */
struct vcpu {
    u32 index;
    volatile struct vcpu_counters *counters;
    u64 wss_first, wss_pages;   /* its part of the working set */
    u64 rest_first, rest_pages; /* its part of what is filled and never written again */
    u64 stride;                 /* the working set is walked in steps of this, coprime to wss_pages */
    u64 write_step, write_position, write_pass;
    u64 check_step, check_position;
    u64 interval, due, not_before; /* of page writes, in TSC ticks */
    u64 entropy;
    u64 next_status;
};

static u64 tick(volatile struct vcpu_counters *counters)
{
    u64 now = rdtsc();
    if (now < counters->last_tsc)
        counters->tsc_backwards++;
    counters->last_tsc = now;
    counters->heartbeat++;
    return now;
}

void vcpu_beat(u32 index)
{
    tick(&COUNTERS->vcpu[index]);
    pause();
}

static void count_error(struct vcpu *v, const u64 *page)
{
    v->counters->errors++;
    u64 none = 0;
    __atomic_compare_exchange_n(&((struct counters *)COUNTERS_BASE)->header.first_error_address, &none, (u64)page, false,
        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static u64 gcd(u64 a, u64 b)
{
    while (b != 0) {
        u64 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Near the golden section: consecutive writes are far apart, as those of real programs seldom are in order. */
static u64 stride_for(u64 pages)
{
    u64 stride = pages * 618 / 1000 | 1;
    while (stride > 1 && gcd(stride, pages) != 1)
        stride--;
    return stride;
}

static void take_part(struct vcpu *v, u32 index)
{
    u64 rank = work.rank_of[index], ranks = work.ranks;
    u64 rest = work.fill_pages - work.wss_pages;
    u64 writers = options.writers == 0 || options.writers > ranks ? ranks : options.writers;
    u64 first = rank < writers ? rank : writers, next = rank < writers ? rank + 1 : writers;
    v->index = index;
    v->counters = &COUNTERS->vcpu[index];
    v->wss_first = work.wss_pages * first / writers;
    v->wss_pages = work.wss_pages * next / writers - v->wss_first;
    v->rest_first = work.wss_pages + rest * rank / ranks;
    v->rest_pages = work.wss_pages + rest * (rank + 1) / ranks - v->rest_first;
    v->stride = stride_for(v->wss_pages);
    v->entropy = rdtsc() | 1;
    u64 rate = work.rate_bytes_per_second;
    v->interval = rate == 0 || v->wss_pages == 0 ? 0 : tsc_hz * PAGE_SIZE / rate * writers;
}

static void fill(struct vcpu *v)
{
    for (u64 i = 0; i < v->wss_pages; i++) {
        page_fill(memory_page(v->wss_first + i), options.seed, options.pattern);
        tick(v->counters);
    }
    for (u64 i = 0; i < v->rest_pages; i++) {
        u64 *page = memory_page(v->rest_first + i);
        if (options.pattern == PATTERN_ZERO)
            page_fill_zero(page);
        else
            page_fill(page, options.seed, options.pattern);
        tick(v->counters);
    }
}

/* The walk visits every page of the part once per pass, so a page's sequence follows from pass and step alone. */
static void advance(struct vcpu *v, u64 *position)
{
    *position += v->stride;
    if (*position >= v->wss_pages)
        *position -= v->wss_pages;
}

static void write_next(struct vcpu *v)
{
    u64 *page = memory_page(v->wss_first + v->write_position);
    u64 sequence = FIRST_SEQUENCE + v->write_pass;
    bool intact = true;
    if (options.check) {
        intact = page_is_intact(page, sequence, options.seed);
        if (!intact)
            count_error(v, page);
        v->counters->pages_checked++;
    }
    v->entropy += 0x9e3779b97f4a7c15ull;
    page_write(page, sequence + 1, v->entropy | 1, intact);
    v->counters->pages_written++;
    advance(v, &v->write_position);
    if (++v->write_step == v->wss_pages) {
        v->write_step = v->write_position = 0;
        v->write_pass++;
    }
}

static void check_next(struct vcpu *v)
{
    const u64 *page;
    bool intact;
    if (v->check_step < v->rest_pages) {
        page = memory_page(v->rest_first + v->check_step);
        intact = options.pattern == PATTERN_ZERO ? page_is_zero(page)
                                                 : page_is_intact(page, FIRST_SEQUENCE, options.seed);
    } else {
        page = memory_page(v->wss_first + v->check_position);
        u64 writes = v->write_pass + (v->check_step - v->rest_pages < v->write_step);
        intact = page_is_intact(page, FIRST_SEQUENCE + writes, options.seed);
        advance(v, &v->check_position);
    }
    if (!intact)
        count_error(v, page);
    v->counters->pages_checked++;
    if (++v->check_step == v->rest_pages + v->wss_pages)
        v->check_step = v->check_position = 0;
}

static bool write_is_due(struct vcpu *v, u64 now)
{
    if (v->interval == 0)
        return false;
    if (now + tsc_hz < v->due) /* the TSC was set back */
        v->due = v->not_before = now;
    if (now < v->due || now < v->not_before)
        return false;
    u64 window = tsc_hz / CATCH_UP_WINDOW_DIVISOR;
    if (now - v->due > window)
        v->due = now - window;
    v->due += v->interval;
    v->not_before = now + v->interval / CATCH_UP;
    return true;
}

static void report(struct vcpu *v, u64 now)
{
    if ((now < v->next_status && v->next_status - now <= tsc_hz) || !console_idle())
        return;
    u64 written = 0, checked = 0, errors = 0;
    for (u32 i = 0; i < COUNTERS->header.vcpus; i++) {
        written += COUNTERS->vcpu[i].pages_written;
        checked += COUNTERS->vcpu[i].pages_checked;
        errors += COUNTERS->vcpu[i].errors;
    }
    console_queue("probe: pass %u written %u MB checked %u MB errors %u first error at 0x%x\n", v->write_pass,
        written * PAGE_SIZE / 1000000, checked * PAGE_SIZE / 1000000, errors,
        COUNTERS->header.first_error_address);
    v->next_status = now + tsc_hz;
}

static void wait_until_all_filled(struct vcpu *v)
{
    filled[v->index] = 1;
    for (u32 i = 0; i < MAX_VCPUS; i++)
        while (vcpu_slots[i] == SLOT_ARRIVED && !filled[i])
            vcpu_beat(v->index);
}

static void announce_ready(void)
{
    COUNTERS->header.ready = 1;
    console_queue("probe: ready\n");
}

void vcpu_work(u32 index)
{
    struct vcpu v = {0};
    take_part(&v, index);
    fill(&v);
    wait_until_all_filled(&v);
    if (index == 0)
        announce_ready();
    bool checks = options.check && v.wss_pages + v.rest_pages > 0;
    v.due = v.not_before = rdtsc();
    v.next_status = v.due + tsc_hz;
    for (;;) {
        u64 now = tick(v.counters);
        if (index == 0) {
            report(&v, now);
            console_step();
        }
        if (write_is_due(&v, now))
            write_next(&v);
        else if (checks)
            check_next(&v);
    }
}
