/* What the drive guest's units know of each other, beside what they take from the probe. */
#ifndef DRIVE_H
#define DRIVE_H

#include "probe.h"

/* --- results at COUNTERS_BASE, read by tools on the host; README.md has the table --- */

#define RESULTS_MAGIC 0x5244544957444f47ull /* "GODWITDR" */
#define RESULTS_VERSION 1

enum state { STATE_RUNNING = 1, STATE_DONE = 2, STATE_FAILED = 3 };

/* Heartbeat, errors and first error lie where the probe's exception handler expects them. */
struct results {
    u64 magic;
    u32 version;
    u32 jobs;
    u32 job;
    u32 state;
    u64 operations;
    u64 stamped;
    u64 first_error_address;
    u64 bytes;
    u64 bells;
    u64 heartbeat;
    u64 reserved[2];
    u64 errors;
};

_Static_assert(offsetof(struct results, first_error_address) == offsetof(struct counters, header.first_error_address),
    "the first error is where the exception handler puts it");
_Static_assert(offsetof(struct results, errors) == offsetof(struct counters, vcpu[0].errors),
    "errors are where the exception handler counts them");

#define RESULTS ((volatile struct results *)COUNTERS_BASE)

/* --- jobs.c: the command line --- */

enum test { TEST_BLK, TEST_NET, TEST_RNG, TEST_PLUG };
enum mode {
    MODE_RANDREAD, MODE_RANDWRITE, MODE_SEQREAD, MODE_SEQWRITE, MODE_VERIFY, MODE_STAMP, /* of a disk */
    MODE_TX, MODE_RX, MODE_ECHO,                                                         /* of a network interface */
    MODE_READ,                                                                           /* of the random numbers */
    MODE_INSERT, MODE_EJECT                                                              /* of PCI slots */
};

struct job {
    enum test test;
    enum mode mode;
    u64 block_bytes;
    u64 depth;
    u64 seconds;      /* 0: for ever */
    u64 span_mib;     /* 0: the whole disk */
    u64 packet_bytes; /* with the Ethernet header */
    u64 rate;         /* blocks a second; 0: as fast as it goes */
    u64 unit;         /* which device of its kind */
    bool event_index;
    bool leave;       /* of a disk: until it is to be let go, and then ejects it */
};

#define MAX_JOBS 32
#define MAX_DEPTH 256

extern struct job jobs[MAX_JOBS];
extern u32 job_count;
void jobs_parse(const char *cmdline);
const char *mode_name(enum mode mode);

/* --- measure.c: one job's figures --- */

void measure_begin(void);
/* One operation that took so many TSC ticks. */
void measure_operation(u64 bytes, u64 ticks);
void measure_error(void);
/* Starts the clock anew, for jobs that wait for somebody. */
void measure_restart(void);
u64 measure_started(void);
/* Prints the result as one line of JSON. */
void measure_print(const struct job *job, u64 end);

/* --- pci.c and virtio.c --- */

struct device {
    volatile u8 *common;
    volatile u8 *fields; /* of this kind of device, or null */
    volatile u8 *notify;
    u32 notify_step;
    u64 features;        /* negotiated */
};

#define TYPE_NET 1
#define TYPE_BLK 2
#define TYPE_RNG 4

#define FEATURE_EVENT_INDEX (1ull << 29)
#define FEATURE_VERSION_1 (1ull << 32)

/* Finds the unit-th virtio function of a type and maps its registers. False when there is none. */
bool pci_find_virtio(u32 type, u64 unit, struct device *device);

/* Gives the base address registers of a slot's function addresses, as an operating system does; how many it has. */
u64 pci_place(u32 slot);

void port_write(u16 port, u32 value);
u32 port_read(u16 port);

/* Resets the device and negotiates those of the wanted features that it offers. */
bool virtio_begin(struct device *device, u64 wanted);
void virtio_ready(struct device *device);
void virtio_reset(struct device *device);

/* --- queue.c: split virtqueues, polled --- */

#define MAX_QUEUE_SIZE 256
#define MAX_QUEUES 2

#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_WRITE 2

struct descriptor {
    u64 address;
    u32 length;
    u16 flags;
    u16 next;
};

struct available {
    u16 flags;
    u16 index;
    u16 ring[MAX_QUEUE_SIZE + 1]; /* the used event is behind the last that there is */
};

struct used_entry {
    u32 head;
    u32 written;
};

struct used {
    u16 flags;
    u16 index;
    struct used_entry ring[MAX_QUEUE_SIZE + 1]; /* and so is the available event */
};

struct queue {
    u16 size;
    bool event_index;
    struct descriptor *descriptors;
    volatile struct available *available;
    volatile struct used *used;
    volatile u16 *bell;
    u16 number;
    u16 next_available;
    u16 published;
    u16 next_used;
};

/* Sets up a queue of the device, before it is ready. False when there is none. */
bool queue_open(struct queue *queue, struct device *device, u16 number);
void queue_put(struct queue *queue, u16 head);
/* Shows the device what was put, and rings when it wants that. */
void queue_publish(struct queue *queue);
/* Takes an answer; false when there is none yet. */
bool queue_take(struct queue *queue, struct used_entry *answer);

/* --- the tests; each false when its device is missing or will not work --- */

bool blk_run(const struct job *job);
bool net_run(const struct job *job);
bool rng_run(const struct job *job);
bool plug_run(const struct job *job);

/* --- plug.c --- */

/* Whether the guest is to let a slot's device go. */
bool plug_is_asked(void);
/* Does so, where it is. */
void plug_eject(void);

/* Where buffers are; all RAM from here to the end of buffers is theirs. */
#define BUFFERS ((u8 *)FILL_BASE)
#define BUFFERS_BYTES (16 * MIB)

static inline u64 ticks_of_seconds(u64 seconds)
{
    return seconds * tsc_hz;
}

static inline u64 mix(u64 value)
{
    value ^= value >> 31;
    value *= 0x9e3779b97f4a7c15ull;
    return value ^ value >> 29;
}

#endif
