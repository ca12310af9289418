/* The command line: words of the form key=value. A test= begins a job, which inherits what the job before it had. */
#include "drive.h"

struct job jobs[MAX_JOBS];
u32 job_count;

static const char *const mode_names[] = {
    "randread", "randwrite", "seqread", "seqwrite", "verify", "stamp", "tx", "rx", "echo", "read",
    "insert", "eject"};
static const char *const test_names[] = {"blk", "net", "rng", "plug"};
static const enum mode first_modes[] = {MODE_RANDREAD, MODE_TX, MODE_READ, MODE_INSERT};

#define TESTS (sizeof test_names / sizeof *test_names)

const char *mode_name(enum mode mode)
{
    return mode_names[mode];
}

static u32 word_length(const char *text)
{
    u32 n = 0;
    while (text[n] != '\0' && text[n] != ' ' && text[n] != '\n')
        n++;
    return n;
}

static bool is(const char *word, u32 length, const char *expected)
{
    for (u32 i = 0; i < length; i++)
        if (word[i] != expected[i] || expected[i] == '\0')
            return false;
    return expected[length] == '\0';
}

static bool number(const char *word, u32 length, u64 least, u64 most, u64 *value)
{
    u64 n = 0;
    if (length == 0 || length > 15)
        return false;
    for (u32 i = 0; i < length; i++) {
        if (word[i] < '0' || word[i] > '9')
            return false;
        n = n * 10 + (u64)(word[i] - '0');
    }
    if (n < least || n > most)
        return false;
    *value = n;
    return true;
}

static bool one_of(const char *word, u32 length, const char *const *names, u32 count, u32 *index)
{
    for (u32 i = 0; i < count; i++)
        if (is(word, length, names[i])) {
            *index = i;
            return true;
        }
    return false;
}

static bool parse_test(const char *word, u32 length, struct job *now)
{
    u32 test;
    if (job_count == MAX_JOBS || !one_of(word, length, test_names, TESTS, &test))
        return false;
    jobs[job_count] = *now;
    jobs[job_count].test = (enum test)test;
    jobs[job_count].mode = first_modes[test];
    job_count++;
    return true;
}

static bool parse_mode(const char *word, u32 length, struct job *job)
{
    u32 mode;
    if (!one_of(word, length, mode_names, sizeof mode_names / sizeof *mode_names, &mode))
        return false;
    if (mode < first_modes[job->test] || (job->test != TESTS - 1 && mode >= first_modes[job->test + 1]))
        return false;
    job->mode = (enum mode)mode;
    return true;
}

static bool parse_block_bytes(const char *word, u32 length, struct job *job)
{
    u64 bytes;
    if (!number(word, length, 512, 128 << 10, &bytes) || (bytes & (bytes - 1)) != 0)
        return false;
    job->block_bytes = bytes;
    return true;
}

static bool parse(const char *key, u32 key_length, const char *value, u32 length, struct job *job)
{
    u64 flag;
    if (is(key, key_length, "mode"))
        return parse_mode(value, length, job);
    if (is(key, key_length, "bs"))
        return parse_block_bytes(value, length, job);
    if (is(key, key_length, "depth"))
        return number(value, length, 1, MAX_DEPTH, &job->depth);
    if (is(key, key_length, "seconds"))
        return number(value, length, 0, 86400, &job->seconds);
    if (is(key, key_length, "span"))
        return number(value, length, 1, 1 << 20, &job->span_mib);
    if (is(key, key_length, "size"))
        return number(value, length, 60, 1514, &job->packet_bytes);
    if (is(key, key_length, "rate"))
        return number(value, length, 0, 1000000, &job->rate);
    if (is(key, key_length, "unit"))
        return number(value, length, 0, 31, &job->unit);
    if (is(key, key_length, "event") && number(value, length, 0, 1, &flag))
        return job->event_index = flag, true;
    if (is(key, key_length, "leave") && number(value, length, 0, 1, &flag))
        return job->leave = flag, true;
    return false;
}

static void refuse(const char *word, u32 length)
{
    char text[64];
    u32 n = length < sizeof text - 1 ? length : sizeof text - 1;
    for (u32 i = 0; i < n; i++)
        text[i] = word[i];
    text[n] = '\0';
    console_print("drive: option %s ignored; known are test=blk|net|rng|plug mode=randread|randwrite|seqread|seqwrite|verify|"
                  "stamp|tx|rx|echo|read|insert|eject bs=512..131072 depth=1..256 seconds=N span=MiB size=60..1514 rate=N unit=N event=0|1 "
                  "leave=0|1\n",
        text);
}

void jobs_parse(const char *cmdline)
{
    struct job defaults = {.block_bytes = 4096, .depth = 16, .seconds = 5, .packet_bytes = 1514, .event_index = true};
    while (*cmdline != '\0') {
        u32 length = word_length(cmdline);
        u32 key_length = 0;
        while (key_length < length && cmdline[key_length] != '=')
            key_length++;
        u32 at = key_length < length ? key_length + 1 : length;
        struct job *now = job_count == 0 ? &defaults : &jobs[job_count - 1];
        bool known = is(cmdline, key_length, "test")
            ? parse_test(cmdline + at, length - at, now)
            : parse(cmdline, key_length, cmdline + at, length - at, now);
        if (length > 0 && !known)
            refuse(cmdline, length);
        cmdline += length;
        if (*cmdline != '\0')
            cmdline++;
    }
}
