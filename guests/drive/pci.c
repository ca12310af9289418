/* Finds virtio functions on bus 0 by configuration mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2) and maps their registers. */
#include "drive.h"

#define ADDRESS_PORT 0xcf8
#define DATA_PORT 0xcfc
#define DEVICES 32
#define VIRTIO_VENDOR 0x1af4
#define MODERN_BASE 0x1040

#define COMMAND 0x04
#define COMMAND_MEMORY 0x002
#define COMMAND_BUS_MASTER 0x004
#define COMMAND_INTX_DISABLE 0x400
#define BAR0 0x10
#define CAPABILITIES 0x34
#define VENDOR_CAPABILITY 0x09

/* Virtio 1.2, 4.1.4. */
#define CAP_COMMON 1
#define CAP_NOTIFY 2
#define CAP_FIELDS 4

#define SIZE_2M (2ull << 20)
#define SIZE_1G (1ull << 30)
#define ADDRESS_LIMIT (512ull << 30)
#define TABLE_ENTRY 0x07 /* present, writable, user */
#define UNCACHED_2M 0x9f
#define LARGE 0x80
#define ADDRESS_MASK 0x000ffffffffff000ull
#define SPARE_TABLES 8

/* Where no firmware puts a function of so small a machine. */
#define PLACES 0xe0000000u
#define PLACE_BYTES 0x100000u

extern u64 pdpt[512];
static u64 spare_tables[SPARE_TABLES][512] __attribute__((aligned(4096)));
static u32 tables_used;

void port_write(u16 port, u32 value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

u32 port_read(u16 port)
{
    u32 value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static u32 config_read(u32 device, u32 offset)
{
    port_write(ADDRESS_PORT, 0x80000000u | device << 11 | (offset & 0xfc));
    return port_read(DATA_PORT);
}

static void config_write(u32 device, u32 offset, u32 value)
{
    port_write(ADDRESS_PORT, 0x80000000u | device << 11 | (offset & 0xfc));
    port_write(DATA_PORT, value);
}

static u8 config_byte(u32 device, u32 offset)
{
    return (u8)(config_read(device, offset) >> 8 * (offset & 3));
}

/* Maps by 2 MiB, uncached. What was not mapped before is in no TLB. */
static bool map_2m(u64 address)
{
    u64 *entry = &pdpt[address / SIZE_1G];
    if (*entry == 0) {
        if (tables_used == SPARE_TABLES)
            return false;
        *entry = (u64)spare_tables[tables_used++] | TABLE_ENTRY;
    }
    if (*entry & LARGE)
        return false; /* RAM */
    u64 *directory = (u64 *)(*entry & ADDRESS_MASK);
    directory[address % SIZE_1G / SIZE_2M] = (address & ~(SIZE_2M - 1)) | UNCACHED_2M;
    return true;
}

static volatile u8 *map(u64 address, u64 size)
{
    if (address == 0 || address >= ADDRESS_LIMIT || size > SIZE_1G)
        return NULL;
    for (u64 page = address & ~(SIZE_2M - 1); page < address + size; page += SIZE_2M)
        if (!map_2m(page))
            return NULL;
    return (volatile u8 *)address;
}

static u64 bar_address(u32 device, u32 bar)
{
    u32 low = config_read(device, BAR0 + 4 * bar);
    if (bar > 5 || (low & 1))
        return 0;
    u64 high = (low & 6) == 4 && bar < 5 ? config_read(device, BAR0 + 4 * bar + 4) : 0;
    return high << 32 | (low & ~15u);
}

static void map_structure(u32 function, u32 at, struct device *device)
{
    u8 type = config_byte(function, at + 3);
    if (type != CAP_COMMON && type != CAP_NOTIFY && type != CAP_FIELDS)
        return;
    u64 bar = bar_address(function, config_byte(function, at + 4));
    volatile u8 *start = bar == 0 ? NULL : map(bar + config_read(function, at + 8), config_read(function, at + 12));
    if (type == CAP_COMMON) {
        device->common = start;
    } else if (type == CAP_FIELDS) {
        device->fields = start;
    } else {
        device->notify = start;
        device->notify_step = config_read(function, at + 16);
    }
}

static bool map_device(u32 function, struct device *device)
{
    *device = (struct device){0};
    u32 at = config_byte(function, CAPABILITIES) & 0xfc;
    for (u32 hops = 0; at >= 0x40 && hops < 48; hops++) {
        if (config_byte(function, at) == VENDOR_CAPABILITY)
            map_structure(function, at, device);
        at = config_byte(function, at + 1) & 0xfc;
    }
    u32 command = config_read(function, COMMAND) & 0xffff;
    config_write(function, COMMAND, command | COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_DISABLE);
    return device->common != NULL && device->notify != NULL;
}

u64 pci_place(u32 slot)
{
    u64 registers = 0;
    u32 next = PLACES + slot * PLACE_BYTES;
    for (u32 at = BAR0; at < BAR0 + 6 * 4; at += 4) {
        config_write(slot, at, 0xffffffff);
        u32 size = ~(config_read(slot, at) & ~15u) + 1;
        if (size == 0 || size > PLACE_BYTES / 8)
            continue;
        next = (next + size - 1) & ~(size - 1);
        config_write(slot, at, next);
        next += size;
        registers++;
    }
    return registers;
}

bool pci_find_virtio(u32 type, u64 unit, struct device *device)
{
    u32 wanted = (MODERN_BASE + type) << 16 | VIRTIO_VENDOR;
    for (u32 function = 0; function < DEVICES; function++)
        if (config_read(function, 0) == wanted && unit-- == 0) {
            if (map_device(function, device))
                return true;
            console_print("drive: the registers of PCI device %u cannot be reached\n", (u64)function);
            return false;
        }
    console_print("drive: there is no such virtio device of type %u\n", (u64)type);
    return false;
}
