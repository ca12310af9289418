/* ACPI's power button and switching off (ACPI 6.5, 4.8.3) at Godwit's ports, pvpanic, and a triple fault. */
#include "echo.h"

#define STATUS 0x600
#define ENABLE 0x602
#define CONTROL 0x604
#define POWER_BUTTON 0x100
#define SLEEP_OFF (5 << 10 | 1 << 13)
#define PANIC_PORT 0x505
#define PANICKED 1

extern u64 idt[64];

void power_begin(void)
{
    outw(STATUS, POWER_BUTTON);
    outw(ENABLE, POWER_BUTTON);
}

void power_off(void)
{
    outw(CONTROL, SLEEP_OFF);
    for (;;)
        pause();
}

void power_step(bool ignore_button)
{
    if (!(inw(STATUS) & POWER_BUTTON))
        return;
    outw(STATUS, POWER_BUTTON);
    console_print("echo: power button%s\n", ignore_button ? " ignored" : "");
    if (!ignore_button)
        power_off();
}

void power_panic(void)
{
    outb(PANIC_PORT, PANICKED);
}

/* Without handlers every exception ends in the third. */
void power_triple_fault(void)
{
    for (u32 i = 0; i < 64; i++)
        ((volatile u64 *)idt)[i] = 0;
    *(volatile u8 *)(511ull << 30) = 0;
}
