/* virtio-net (virtio 1.2, 5.1): sends, counts what arrives, or sends UDP back to where it came from. */
#include "drive.h"

#define FEATURE_MAC (1ull << 5)
#define FEATURE_MERGEABLE_BUFFERS (1ull << 15)
#define RECEIVE 0
#define TRANSMIT 1
#define HEADER_BYTES 12
#define SLOT_BYTES 2048
#define MAC_BYTES 6
#define ETHERNET_BYTES 14
#define LOCAL_EXPERIMENT 0x88b5 /* IEEE 802: an EtherType that no protocol has */
#define IPV4 0x0800
#define UDP 17
#define FIRST_PACKET_LIMIT_S 20
#define DRAIN_LIMIT_MS 1000

static struct device device;
static struct queue receive, transmit;
static u64 sent_at[MAX_QUEUE_SIZE];
static bool transmit_busy[MAX_QUEUE_SIZE];

static u8 *receive_buffer(u32 index)
{
    return BUFFERS + index * SLOT_BYTES;
}

static u8 *transmit_buffer(u32 index)
{
    return BUFFERS + (MAX_QUEUE_SIZE + index) * SLOT_BYTES;
}

static void put_16(u8 *at, u32 value)
{
    at[0] = (u8)(value >> 8);
    at[1] = (u8)value;
}

static u32 get_16(const u8 *at)
{
    return (u32)at[0] << 8 | at[1];
}

static void copy(u8 *to, const u8 *from, u64 bytes)
{
    u64 i = 0;
    for (; i + 8 <= bytes; i += 8)
        *(u64 *)(to + i) = *(const u64 *)(from + i);
    for (; i < bytes; i++)
        to[i] = from[i];
}

static void swap(u8 *one, u8 *other, u32 bytes)
{
    for (u32 i = 0; i < bytes; i++) {
        u8 kept = one[i];
        one[i] = other[i];
        other[i] = kept;
    }
}

static void offer_receive(u32 index)
{
    receive.descriptors[index] = (struct descriptor){(u64)receive_buffer(index), SLOT_BYTES, DESCRIPTOR_WRITE, 0};
    queue_put(&receive, (u16)index);
}

static void send(u32 index, u64 packet_bytes)
{
    transmit.descriptors[index] =
        (struct descriptor){(u64)transmit_buffer(index), (u32)(HEADER_BYTES + packet_bytes), 0, 0};
    transmit_busy[index] = true;
    sent_at[index] = rdtsc();
    queue_put(&transmit, (u16)index);
}

/* Takes back what was sent; returns how many. */
static u64 reap(u64 packet_bytes, bool counted)
{
    struct used_entry answer;
    u64 reaped = 0;
    while (queue_take(&transmit, &answer)) {
        if (answer.head >= transmit.size || !transmit_busy[answer.head]) {
            measure_error();
            continue;
        }
        transmit_busy[answer.head] = false;
        reaped++;
        if (counted)
            measure_operation(packet_bytes, rdtsc() - sent_at[answer.head]);
    }
    return reaped;
}

static void make_packets(u64 packet_bytes)
{
    for (u32 index = 0; index < transmit.size; index++) {
        u8 *packet = transmit_buffer(index) + HEADER_BYTES;
        for (u64 i = 0; i < HEADER_BYTES; i++)
            transmit_buffer(index)[i] = 0;
        for (u64 i = 0; i < packet_bytes; i++)
            packet[i] = (u8)(i + index);
        for (u32 i = 0; i < MAC_BYTES; i++) {
            packet[i] = 0xff;
            packet[MAC_BYTES + i] = device.fields[i];
        }
        put_16(packet + 2 * MAC_BYTES, LOCAL_EXPERIMENT);
    }
}

static void run_transmit(const struct job *job, u64 until)
{
    u64 in_flight = 0;
    u64 most = job->depth < transmit.size ? job->depth : transmit.size;
    make_packets(job->packet_bytes);
    while (until == 0 || rdtsc() < until) {
        for (u32 i = 0; i < most; i++)
            if (!transmit_busy[i]) {
                send(i, job->packet_bytes);
                in_flight++;
            }
        queue_publish(&transmit);
        in_flight -= reap(job->packet_bytes, true);
        vcpu_beat(0);
    }
    u64 limit = rdtsc() + DRAIN_LIMIT_MS * (tsc_hz / 1000);
    while (in_flight > 0 && rdtsc() < limit)
        in_flight -= reap(job->packet_bytes, false);
    if (in_flight > 0)
        measure_error();
}

/* An answer to a UDP packet over IPv4: the checksums stay what they are when source and target change places. */
static void echo(const u8 *received, u64 bytes)
{
    const u8 *from = received + HEADER_BYTES;
    if (bytes < ETHERNET_BYTES + 28 || get_16(from + 12) != IPV4 || from[14] != 0x45 || from[ETHERNET_BYTES + 9] != UDP)
        return;
    for (u32 i = 0; i < transmit.size; i++)
        if (!transmit_busy[i]) {
            u8 *packet = transmit_buffer(i) + HEADER_BYTES;
            for (u32 k = 0; k < HEADER_BYTES; k++)
                transmit_buffer(i)[k] = 0;
            copy(packet, from, bytes);
            swap(packet, packet + MAC_BYTES, MAC_BYTES);
            u8 *ip = packet + ETHERNET_BYTES;
            swap(ip + 12, ip + 16, 4);
            swap(ip + 20, ip + 22, 2);
            send(i, bytes);
            queue_publish(&transmit);
            return;
        }
}

/* Time counts from the first packet. */
static void run_receive(const struct job *job)
{
    bool first = true;
    u64 until = rdtsc() + ticks_of_seconds(FIRST_PACKET_LIMIT_S), before = 0;
    for (u32 i = 0; i < receive.size; i++)
        offer_receive(i);
    queue_publish(&receive);
    while ((job->seconds == 0 && !first) || rdtsc() < until) {
        struct used_entry answer;
        while (queue_take(&receive, &answer)) {
            u64 now = rdtsc();
            if (first) {
                measure_restart();
                before = now;
                until = now + ticks_of_seconds(job->seconds);
                first = false;
            }
            if (answer.head >= receive.size || answer.written < HEADER_BYTES + ETHERNET_BYTES
                || answer.written > SLOT_BYTES) {
                measure_error();
                continue;
            }
            u64 bytes = answer.written - HEADER_BYTES;
            measure_operation(bytes, now - before);
            before = now;
            if (job->mode == MODE_ECHO)
                echo(receive_buffer(answer.head), bytes);
            offer_receive(answer.head);
        }
        queue_publish(&receive);
        reap(0, false);
        vcpu_beat(0);
    }
}

bool net_run(const struct job *job)
{
    u64 wanted = FEATURE_MAC | FEATURE_MERGEABLE_BUFFERS | (job->event_index ? FEATURE_EVENT_INDEX : 0);
    if (!pci_find_virtio(TYPE_NET, job->unit, &device) || device.fields == NULL || !virtio_begin(&device, wanted)
        || !queue_open(&receive, &device, RECEIVE) || !queue_open(&transmit, &device, TRANSMIT))
        return false;
    virtio_ready(&device);
    for (u32 i = 0; i < MAX_QUEUE_SIZE; i++)
        transmit_busy[i] = false;
    measure_begin();
    if (job->mode == MODE_TX)
        run_transmit(job, job->seconds == 0 ? 0 : measure_started() + ticks_of_seconds(job->seconds));
    else
        run_receive(job);
    u64 end = rdtsc();
    virtio_reset(&device);
    measure_print(job, end);
    return true;
}
