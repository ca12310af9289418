/* virtio-console with one port (virtio 1.2, 5.3): what arrives in a buffer goes out of the same buffer. */
#include "echo.h"

#define TYPE_CONSOLE 3
#define RECEIVE 0
#define TRANSMIT 1
#define PORT_BUFFERS 8
#define BUFFER_BYTES 256

static struct device device;
static struct queue receive, transmit;

static u8 *buffer(u32 index)
{
    return BUFFERS + index * BUFFER_BYTES;
}

static void await_input(u32 index)
{
    receive.descriptors[index] = (struct descriptor){(u64)buffer(index), BUFFER_BYTES, DESCRIPTOR_WRITE, 0};
    queue_put(&receive, (u16)index);
}

bool port_begin(void)
{
    if (!pci_find_virtio(TYPE_CONSOLE, 0, &device) || !virtio_begin(&device, 0)
        || !queue_open(&receive, &device, RECEIVE) || !queue_open(&transmit, &device, TRANSMIT))
        return false;
    virtio_ready(&device);
    for (u32 i = 0; i < PORT_BUFFERS; i++)
        await_input(i);
    queue_publish(&receive);
    return true;
}

void port_step(void)
{
    struct used_entry done;
    while (queue_take(&receive, &done)) {
        u32 index = done.head % PORT_BUFFERS;
        transmit.descriptors[index] = (struct descriptor){(u64)buffer(index), done.written, 0, 0};
        queue_put(&transmit, (u16)index);
    }
    while (queue_take(&transmit, &done))
        await_input(done.head % PORT_BUFFERS);
    queue_publish(&transmit);
    queue_publish(&receive);
}

void port_break(void)
{
    queue_put(&transmit, (u16)(transmit.size + 1));
    queue_publish(&transmit);
}
