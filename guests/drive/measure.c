/* What a job did in which time. */
#include "drive.h"

#define STEPS 16 /* of latency in each doubling: 6 % */
#define BUCKETS (64 * STEPS)

static const char *const test_names[] = {"blk", "net", "rng"};

static u64 started, operations, bytes, errors_before, total_ticks, longest;
static u32 buckets[BUCKETS];

void measure_begin(void)
{
    errors_before = RESULTS->errors;
    RESULTS->bells = 0;
    measure_restart();
}

void measure_restart(void)
{
    operations = bytes = total_ticks = longest = 0;
    for (u32 i = 0; i < BUCKETS; i++)
        buckets[i] = 0;
    started = rdtsc();
}

u64 measure_started(void)
{
    return started;
}

static u32 bucket_of(u64 value)
{
    if (value < STEPS)
        return (u32)value;
    u32 exponent = 63 - (u32)__builtin_clzll(value);
    return (exponent - 3) * STEPS + (u32)(value >> (exponent - 4) & (STEPS - 1));
}

/* The largest value of a bucket. */
static u64 bucket_end(u32 bucket)
{
    if (bucket < STEPS)
        return bucket;
    u32 shift = bucket / STEPS - 1;
    return ((STEPS + bucket % STEPS + 1ull) << shift) - 1;
}

void measure_operation(u64 operation_bytes, u64 ticks)
{
    operations++;
    bytes += operation_bytes;
    total_ticks += ticks;
    longest = ticks > longest ? ticks : longest;
    buckets[bucket_of(ticks)]++;
    RESULTS->operations = operations;
    RESULTS->bytes = bytes;
    RESULTS->heartbeat++;
}

void measure_error(void)
{
    RESULTS->errors++;
}

static u64 ns(u64 ticks)
{
    return ticks * 1000 / (tsc_hz / 1000000);
}

static u64 percentile(u64 percent)
{
    u64 seen = 0;
    for (u32 i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (seen > 0 && seen * 100 >= operations * percent)
            return bucket_end(i) < longest ? bucket_end(i) : longest;
    }
    return 0;
}

void measure_print(const struct job *job, u64 end)
{
    u64 mean = operations == 0 ? 0 : total_ticks / operations;
    console_print("{\"job\":%u,\"test\":\"%s\",\"mode\":\"%s\",\"depth\":%u,\"ns\":%u,\"operations\":%u,\"bytes\":%u,"
                  "\"errors\":%u,\"bells\":%u,",
        (u64)RESULTS->job, test_names[job->test], mode_name(job->mode), job->depth, ns(end - started), operations, bytes,
        RESULTS->errors - errors_before, RESULTS->bells);
    console_print("\"meanNs\":%u,\"p50Ns\":%u,\"p99Ns\":%u,\"maxNs\":%u}\n", ns(mean), ns(percentile(50)),
        ns(percentile(99)), ns(longest));
}
