/* The common configuration structure (virtio 1.2, 4.1.4.3) and how a driver begins (3.1.1). */
#include "drive.h"

#define DEVICE_FEATURE_SELECT 0
#define DEVICE_FEATURES 4
#define DRIVER_FEATURE_SELECT 8
#define DRIVER_FEATURES 12
#define STATUS 20

#define ACKNOWLEDGE 1
#define DRIVER 2
#define DRIVER_OK 4
#define FEATURES_OK 8
#define NOBODY 0xff

static void write32(struct device *device, u32 at, u32 value)
{
    *(volatile u32 *)(device->common + at) = value;
}

static u32 read32(struct device *device, u32 at)
{
    return *(volatile u32 *)(device->common + at);
}

static void add_status(struct device *device, u8 bits)
{
    device->common[STATUS] = device->common[STATUS] | bits;
}

/* A reset is over when the status reads 0: what was in flight is then no longer touched. A device that is gone reads ones. */
void virtio_reset(struct device *device)
{
    device->common[STATUS] = 0;
    while (device->common[STATUS] != 0 && device->common[STATUS] != NOBODY)
        vcpu_beat(0);
}

bool virtio_begin(struct device *device, u64 wanted)
{
    virtio_reset(device);
    add_status(device, ACKNOWLEDGE);
    add_status(device, DRIVER);
    u64 offered = 0;
    for (u32 half = 0; half < 2; half++) {
        write32(device, DEVICE_FEATURE_SELECT, half);
        offered |= (u64)read32(device, DEVICE_FEATURES) << 32 * half;
    }
    device->features = offered & (wanted | FEATURE_VERSION_1);
    for (u32 half = 0; half < 2; half++) {
        write32(device, DRIVER_FEATURE_SELECT, half);
        write32(device, DRIVER_FEATURES, (u32)(device->features >> 32 * half));
    }
    add_status(device, FEATURES_OK);
    if (device->common[STATUS] & FEATURES_OK)
        return true;
    console_print("drive: the device refuses the features 0x%x of 0x%x\n", device->features, offered);
    return false;
}

void virtio_ready(struct device *device)
{
    add_status(device, DRIVER_OK);
}
