/* PCI hot-plug as Godwit's DSDT does it, without a kernel that understands AML: the controller's registers, polled. */
#include "drive.h"

#define INSERTED_PORT 0x630
#define LEAVING_PORT 0x634
#define EJECT_PORT 0x638
#define SLOTS 32
#define POLL_HZ 200

static u32 leaving;
static u64 next_poll;

static u32 first_slot(u32 slots)
{
    u32 slot = 0;
    while (slot < SLOTS && !(slots >> slot & 1))
        slot++;
    return slot;
}

/* Each look leaves the guest, so there are not more than needed. */
static bool may_poll(void)
{
    u64 now = rdtsc();
    if (now < next_poll)
        return false;
    next_poll = now + tsc_hz / POLL_HZ;
    return true;
}

bool plug_is_asked(void)
{
    if (may_poll())
        leaving |= port_read(LEAVING_PORT);
    return leaving != 0;
}

void plug_eject(void)
{
    u32 slot = first_slot(leaving);
    if (slot == SLOTS)
        return;
    leaving &= ~(1u << slot);
    port_write(EJECT_PORT, 1u << slot);
    console_print("drive: slot %u ejected\n", (u64)slot);
}

static void insert(void)
{
    u32 inserted = 0;
    while (inserted == 0) {
        if (may_poll())
            inserted = port_read(INSERTED_PORT);
        vcpu_beat(0);
    }
    for (u32 slot = first_slot(inserted); slot < SLOTS; slot = first_slot(inserted)) {
        inserted &= ~(1u << slot);
        console_print("drive: slot %u inserted, %u registers\n", (u64)slot, pci_place(slot));
    }
}

bool plug_run(const struct job *job)
{
    measure_begin();
    if (job->mode == MODE_INSERT) {
        insert();
        return true;
    }
    while (!plug_is_asked())
        vcpu_beat(0);
    plug_eject();
    return true;
}
