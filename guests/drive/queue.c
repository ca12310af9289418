/* The driver's side of split virtqueues (virtio 1.2, 2.7). Interrupts are never asked for. */
#include "drive.h"

#define QUEUE_SELECT 22
#define QUEUE_SIZE 24
#define QUEUE_ENABLE 28
#define QUEUE_NOTIFY_OFFSET 30
#define QUEUE_DESCRIPTORS 32
#define QUEUE_AVAILABLE 40
#define QUEUE_USED 48

#define NO_INTERRUPT 1
#define NO_NOTIFY 1

static struct descriptor descriptors[MAX_QUEUES][MAX_QUEUE_SIZE] __attribute__((aligned(4096)));
static struct available availables[MAX_QUEUES] __attribute__((aligned(4096)));
static struct used useds[MAX_QUEUES] __attribute__((aligned(4096)));

static inline void compiler_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

static inline void full_fence(void)
{
    __asm__ volatile("mfence" : : : "memory");
}

static void write_address(struct device *device, u32 at, volatile void *address)
{
    *(volatile u32 *)(device->common + at) = (u32)(u64)address;
    *(volatile u32 *)(device->common + at + 4) = (u32)((u64)address >> 32);
}

/* An event index that lies as far as possible behind: no answer for a long time passes it. */
static void want_no_interrupt(struct queue *queue)
{
    if (queue->event_index)
        queue->available->ring[queue->size] = (u16)(queue->next_used - 1);
}

static void clear(volatile void *start, u64 bytes)
{
    for (u64 i = 0; i < bytes; i++)
        ((volatile u8 *)start)[i] = 0;
}

bool queue_open(struct queue *queue, struct device *device, u16 number)
{
    volatile u8 *common = device->common;
    *(volatile u16 *)(common + QUEUE_SELECT) = number;
    u16 size = *(volatile u16 *)(common + QUEUE_SIZE);
    if (size == 0 || number >= MAX_QUEUES) {
        console_print("drive: the device has no queue %u\n", (u64)number);
        return false;
    }
    if (size > MAX_QUEUE_SIZE) {
        size = MAX_QUEUE_SIZE;
        *(volatile u16 *)(common + QUEUE_SIZE) = size;
    }
    *queue = (struct queue){
        .size = size,
        .number = number,
        .event_index = (device->features & FEATURE_EVENT_INDEX) != 0,
        .descriptors = descriptors[number],
        .available = &availables[number],
        .used = &useds[number],
    };
    clear(queue->available, sizeof *queue->available);
    clear(queue->used, sizeof *queue->used);
    queue->available->flags = queue->event_index ? 0 : NO_INTERRUPT;
    want_no_interrupt(queue);
    write_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
    write_address(device, QUEUE_AVAILABLE, queue->available);
    write_address(device, QUEUE_USED, queue->used);
    u32 bell = *(volatile u16 *)(common + QUEUE_NOTIFY_OFFSET) * device->notify_step;
    queue->bell = (volatile u16 *)(device->notify + bell);
    *(volatile u16 *)(common + QUEUE_ENABLE) = 1;
    return true;
}

void queue_put(struct queue *queue, u16 head)
{
    queue->available->ring[queue->next_available++ & (queue->size - 1)] = head;
}

static bool wants_bell(struct queue *queue, u16 before)
{
    if (!queue->event_index)
        return !(queue->used->flags & NO_NOTIFY);
    u16 event = (u16)queue->used->ring[queue->size].head; /* the low half of what would be another entry */
    return (u16)(queue->published - event - 1) < (u16)(queue->published - before);
}

void queue_publish(struct queue *queue)
{
    u16 before = queue->published;
    if (before == queue->next_available)
        return;
    compiler_barrier();
    queue->published = queue->next_available;
    queue->available->index = queue->published;
    full_fence();
    if (wants_bell(queue, before)) {
        *queue->bell = queue->number;
        RESULTS->bells++;
    }
}

bool queue_take(struct queue *queue, struct used_entry *answer)
{
    if (queue->used->index == queue->next_used)
        return false;
    compiler_barrier();
    volatile struct used_entry *entry = &queue->used->ring[queue->next_used & (queue->size - 1)];
    answer->head = entry->head;
    answer->written = entry->written;
    queue->next_used++;
    want_no_interrupt(queue);
    return true;
}
