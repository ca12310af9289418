/* virtio-rng (virtio 1.2, 5.4): random bytes, a page at a time. */
#include "drive.h"

static struct device device;
static struct queue queue;

static void ask(u32 index)
{
    u64 *words = (u64 *)(BUFFERS + index * PAGE_SIZE);
    for (u32 i = 0; i < PAGE_SIZE / 8; i++)
        words[i] = 0;
    queue.descriptors[index] = (struct descriptor){(u64)words, PAGE_SIZE, DESCRIPTOR_WRITE, 0};
    queue_put(&queue, (u16)index);
}

/* Sixteen bytes that are alike are chance once in the life of the universe. */
static bool looks_random(u32 index, u32 written)
{
    const u64 *words = (const u64 *)(BUFFERS + index * PAGE_SIZE);
    if (written == 0 || written > PAGE_SIZE)
        return false;
    return written < 16 || (words[0] != 0 && words[0] != words[1]);
}

bool rng_run(const struct job *job)
{
    u64 wanted = job->event_index ? FEATURE_EVENT_INDEX : 0;
    if (!pci_find_virtio(TYPE_RNG, job->unit, &device) || !virtio_begin(&device, wanted)
        || !queue_open(&queue, &device, 0))
        return false;
    virtio_ready(&device);
    measure_begin();
    u64 depth = job->depth < queue.size ? job->depth : queue.size;
    for (u32 i = 0; i < depth; i++)
        ask(i);
    u64 before = measure_started();
    while (job->seconds == 0 || rdtsc() < measure_started() + ticks_of_seconds(job->seconds)) {
        struct used_entry answer;
        queue_publish(&queue);
        while (queue_take(&queue, &answer)) {
            u64 now = rdtsc();
            measure_operation(answer.written, now - before);
            before = now;
            if (answer.head >= depth || !looks_random(answer.head, answer.written)) {
                measure_error();
                continue;
            }
            ask(answer.head);
        }
        vcpu_beat(0);
    }
    u64 end = rdtsc();
    virtio_reset(&device);
    measure_print(job, end);
    return true;
}
