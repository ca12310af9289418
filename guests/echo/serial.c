/* The first serial port with its FIFO (PC16550D data sheet) on line 4 of the 8259A (Intel 231468). Interrupts are off in
 * the guest: that a line was raised is read out of the interrupt controller, and acknowledged by polling it. */
#include "echo.h"

#define UART 0x3f8
#define INTERRUPT_ENABLE (UART + 1)
#define INTERRUPT_ID (UART + 2)
#define FIFO_CONTROL (UART + 2)
#define LINE_STATUS (UART + 5)
#define RECEIVED_AVAILABLE 0x01
#define NOTHING_PENDING 0x01
#define DATA_READY 0x01
#define OVERRUN 0x02
#define FIFO_OF_8 0x87 /* on, both cleared, interrupt at 8 bytes */

#define MASTER 0x20
#define SLAVE 0xa0
#define SERIAL_LINE 4
#define READ_REQUESTS 0x0a
#define POLL 0x0c

static void begin_controllers(void)
{
    static const u8 words[2][4] = {{0x11, 0x20, 1 << 2, 0x01}, {0x11, 0x28, 2, 0x01}};
    static const u16 ports[2] = {MASTER, SLAVE};
    for (u32 i = 0; i < 2; i++) {
        outb(ports[i], words[i][0]);
        for (u32 word = 1; word < 4; word++)
            outb(ports[i] + 1, words[i][word]);
    }
    outb(MASTER + 1, (u8)~(1 << SERIAL_LINE));
    outb(SLAVE + 1, 0xff);
}

void serial_begin(void)
{
    begin_controllers();
    outb(FIFO_CONTROL, FIFO_OF_8);
    outb(INTERRUPT_ENABLE, RECEIVED_AVAILABLE);
}

static bool was_raised(void)
{
    outb(MASTER, READ_REQUESTS);
    if (!(inb(MASTER) & 1 << SERIAL_LINE))
        return false;
    outb(MASTER, POLL);
    inb(MASTER);
    return true;
}

void serial_step(void)
{
    if (!was_raised())
        return;
    while (!(inb(INTERRUPT_ID) & NOTHING_PENDING)) {
        u8 status = inb(LINE_STATUS);
        if (status & OVERRUN)
            console_print("echo: overrun\n");
        if (!(status & DATA_READY))
            continue;
        u8 byte = inb(UART);
        if (!command(byte))
            outb(UART, byte);
    }
}
