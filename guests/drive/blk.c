/* virtio-blk (virtio 1.2, 5.2): reads and writes, whose content it can know. */
#include "drive.h"

#define FEATURE_FLUSH (1ull << 9)
#define TYPE_IN 0
#define TYPE_OUT 1
#define TYPE_FLUSH 4
#define SECTOR_BYTES 512
#define CAPACITY 0
#define PIECES 3

struct header {
    u32 type;
    u32 reserved;
    u64 sector;
};

/* A request in flight; its descriptors are PIECES * index and following. */
struct slot {
    struct header header;
    u64 started;
    u64 sequence;
    u64 offset;
    bool busy;
};

/* A run of requests of one type over the first blocks of the disk. */
struct stream {
    u32 type;
    u64 blocks;
    u64 limit;    /* requests; 0: until the time is over */
    u64 until;    /* TSC; 0: no end */
    u64 sequence; /* of the content; 0: any */
    u64 rate;     /* requests a second; 0: as fast as it goes */
    bool leave;   /* until the disk is to be let go */
    bool random;
    bool numbered; /* each request has the next sequence */
};

static struct device device;
static struct queue queue;
static struct slot slots[MAX_DEPTH];
static volatile u8 statuses[MAX_DEPTH];
static u64 block_bytes, depth, random_state;

static u8 *data_of(u32 index)
{
    return BUFFERS + index * block_bytes;
}

static u64 word_of(u64 sequence, u64 offset, u64 i)
{
    return mix(sequence * 0xd6e8feb86659fd93ull + offset + i);
}

/* {sequence, offset, words that follow from both}. */
static void fill(u32 index, u64 sequence, u64 offset)
{
    u64 *words = (u64 *)data_of(index);
    words[0] = sequence;
    words[1] = offset;
    for (u64 i = 2; i < block_bytes / 8; i++)
        words[i] = word_of(sequence, offset, i);
}

static bool is_intact(u32 index, u64 sequence, u64 offset)
{
    const u64 *words = (const u64 *)data_of(index);
    bool intact = words[0] == sequence && words[1] == offset;
    for (u64 i = 2; i < block_bytes / 8; i++)
        intact &= words[i] == word_of(sequence, offset, i);
    return intact;
}

static void start(u32 index, u32 type, u64 offset, u32 data_bytes)
{
    struct slot *slot = &slots[index];
    struct descriptor *pieces = &queue.descriptors[PIECES * index];
    slot->header = (struct header){.type = type, .sector = offset / SECTOR_BYTES};
    slot->offset = offset;
    slot->busy = true;
    statuses[index] = 0xff;
    u16 status_at = (u16)(PIECES * index + (data_bytes > 0 ? 2 : 1));
    pieces[0] = (struct descriptor){(u64)&slot->header, sizeof slot->header, DESCRIPTOR_NEXT, (u16)(PIECES * index + 1)};
    if (data_bytes > 0) {
        u16 direction = type == TYPE_IN ? DESCRIPTOR_WRITE : 0;
        pieces[1] = (struct descriptor){(u64)data_of(index), data_bytes, DESCRIPTOR_NEXT | direction, status_at};
    }
    queue.descriptors[status_at] = (struct descriptor){(u64)&statuses[index], 1, DESCRIPTOR_WRITE, 0};
    slot->started = rdtsc();
    queue_put(&queue, (u16)(PIECES * index));
}

static u64 random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void issue(const struct stream *stream, u32 index, u64 nth)
{
    u64 block = stream->random ? random_number() % stream->blocks : nth % stream->blocks;
    u64 sequence = stream->numbered ? nth + 1 : stream->sequence;
    slots[index].sequence = sequence;
    if (stream->type == TYPE_OUT && sequence != 0)
        fill(index, sequence, block * block_bytes);
    start(index, stream->type, block * block_bytes, (u32)block_bytes);
}

/* Every block with a number up to this one is on the disk. */
static u64 stamped_up_to(u64 issued)
{
    u64 stamped = issued;
    for (u32 i = 0; i < depth; i++)
        if (slots[i].busy && slots[i].sequence <= stamped)
            stamped = slots[i].sequence - 1;
    return stamped;
}

/* Takes one answer; false when there is none. */
static bool finish_one(const struct stream *stream, u64 issued)
{
    struct used_entry answer;
    if (!queue_take(&queue, &answer))
        return false;
    u32 index = answer.head / PIECES;
    if (answer.head % PIECES != 0 || index >= depth || !slots[index].busy) {
        measure_error();
        console_print("drive: an answer for %u, which is not in flight\n", (u64)answer.head);
        return true;
    }
    struct slot *slot = &slots[index];
    slot->busy = false;
    measure_operation(block_bytes, rdtsc() - slot->started);
    bool read = stream->type == TYPE_IN;
    if (statuses[index] != 0 || answer.written != (read ? block_bytes + 1 : 1)
        || (read && slot->sequence != 0 && !is_intact(index, slot->sequence, slot->offset)))
        measure_error();
    if (stream->numbered)
        RESULTS->stamped = stamped_up_to(issued);
    return true;
}

static bool is_time(const struct stream *stream, u64 issued, u64 began)
{
    if (stream->rate == 0)
        return true;
    return (rdtsc() - began) / (tsc_hz / 1000) >= issued * 1000 / stream->rate;
}

static bool is_over(const struct stream *stream, u64 issued)
{
    if (stream->leave && plug_is_asked())
        return true;
    return stream->limit != 0 ? issued == stream->limit : stream->until != 0 && rdtsc() >= stream->until;
}

static void run(const struct stream *stream)
{
    u64 issued = 0, done = 0, began = rdtsc();
    bool over = false;
    while (!over || done < issued) {
        for (u32 i = 0; i < depth && !over && issued - done < depth; i++) {
            over = is_over(stream, issued);
            if (!over && !slots[i].busy && is_time(stream, issued, began))
                issue(stream, i, issued++);
        }
        queue_publish(&queue);
        while (finish_one(stream, issued))
            done++;
        vcpu_beat(0);
    }
}

static void flush(void)
{
    struct used_entry answer;
    if (!(device.features & FEATURE_FLUSH))
        return;
    start(0, TYPE_FLUSH, 0, 0);
    queue_publish(&queue);
    while (!queue_take(&queue, &answer))
        vcpu_beat(0);
    slots[0].busy = false;
    if (statuses[0] != 0 || answer.head != 0)
        measure_error();
}

/* Each pass writes all blocks, has them on the disk, and reads them back. */
static void verify(u64 blocks, u64 until)
{
    for (u64 pass = 1; until == 0 || rdtsc() < until; pass++) {
        struct stream stream = {.type = TYPE_OUT, .blocks = blocks, .limit = blocks, .sequence = pass};
        run(&stream);
        flush();
        stream.type = TYPE_IN;
        run(&stream);
        RESULTS->stamped = pass;
    }
}

static bool open_disk(const struct job *job)
{
    u64 wanted = FEATURE_FLUSH | (job->event_index ? FEATURE_EVENT_INDEX : 0);
    if (!pci_find_virtio(TYPE_BLK, job->unit, &device) || device.fields == NULL || !virtio_begin(&device, wanted)
        || !queue_open(&queue, &device, 0))
        return false;
    virtio_ready(&device);
    return true;
}

bool blk_run(const struct job *job)
{
    if (!open_disk(job))
        return false;
    u64 capacity = *(volatile u32 *)(device.fields + CAPACITY)
        | (u64) * (volatile u32 *)(device.fields + CAPACITY + 4) << 32;
    block_bytes = job->block_bytes;
    u64 blocks = capacity * SECTOR_BYTES / block_bytes, wanted = job->span_mib * MIB / block_bytes;
    blocks = wanted != 0 && wanted < blocks ? wanted : blocks;
    depth = job->depth * PIECES <= queue.size ? job->depth : queue.size / PIECES;
    depth = depth < blocks ? depth : blocks; /* two requests for one block may pass one another */
    if (depth == 0) {
        console_print("drive: a disk of %u sectors and a queue of %u\n", capacity, (u64)queue.size);
        return false;
    }
    random_state = 0x2545f4914f6cdd1dull;
    RESULTS->stamped = 0;
    measure_begin();
    u64 until = job->seconds == 0 ? 0 : measure_started() + ticks_of_seconds(job->seconds);
    if (job->mode == MODE_VERIFY) {
        verify(blocks, until);
    } else {
        struct stream stream = {
            .type = job->mode == MODE_RANDREAD || job->mode == MODE_SEQREAD ? TYPE_IN : TYPE_OUT,
            .blocks = blocks,
            .until = until,
            .rate = job->rate,
            .leave = job->leave,
            .random = job->mode == MODE_RANDREAD || job->mode == MODE_RANDWRITE,
            .numbered = job->mode == MODE_STAMP,
        };
        run(&stream);
    }
    u64 end = rdtsc();
    virtio_reset(&device);
    if (job->leave)
        plug_eject();
    measure_print(job, end);
    return true;
}
