/* CPL 3: learns its machine, then does one job after another. */
#include "drive.h"

/* Of one vCPU only. */
void vcpu_beat(u32 index)
{
    (void)index;
    RESULTS->heartbeat++;
}

static void give_up(u8 code)
{
    RESULTS->state = STATE_FAILED;
    debug_exit(code);
    for (;;)
        pause();
}

static void run_jobs(void)
{
    for (u32 i = 0; i < job_count; i++) {
        RESULTS->job = i;
        console_print("drive: job %u %s\n", (u64)i, mode_name(jobs[i].mode));
        bool done = jobs[i].test == TEST_BLK ? blk_run(&jobs[i])
            : jobs[i].test == TEST_NET       ? net_run(&jobs[i])
            : jobs[i].test == TEST_RNG       ? rng_run(&jobs[i])
                                             : plug_run(&jobs[i]);
        if (!done) {
            console_print("drive: job %u failed\n", (u64)i);
            RESULTS->errors++;
            RESULTS->state = STATE_FAILED;
        }
    }
}

void user_main(u32 index)
{
    (void)index;
    bool has_memory = memory_init();
    console_init();
    for (u32 i = 0; i < sizeof(struct results) / 8; i++)
        ((volatile u64 *)COUNTERS_BASE)[i] = 0;
    RESULTS->version = RESULTS_VERSION;
    if (!has_memory || memory_fillable_pages() < BUFFERS_BYTES / PAGE_SIZE) {
        console_print("drive: no memory map, or less than %u MiB of RAM\n", (FILL_BASE + BUFFERS_BYTES) / MIB);
        give_up(EXIT_NO_MEMORY_MAP);
    }
    const char *source = clock_init();
    jobs_parse(memory_cmdline());
    console_print("drive: %u jobs, TSC %u kHz by %s\n", (u64)job_count, tsc_hz / 1000, source);
    RESULTS->jobs = job_count;
    RESULTS->state = STATE_RUNNING;
    RESULTS->magic = RESULTS_MAGIC;
    run_jobs();
    if (RESULTS->state != STATE_FAILED)
        RESULTS->state = STATE_DONE;
    console_print("drive: end, %u errors\n", RESULTS->errors);
    debug_exit(RESULTS->errors == 0 ? 0 : 1);
    for (;;)
        vcpu_beat(0);
}
