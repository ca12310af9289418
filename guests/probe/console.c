/* The first serial port, 16550 or older. */
#include <stdarg.h>

#include "probe.h"

#define UART 0x3f8
#define UART_INTERRUPTS (UART + 1)
#define UART_FIFO (UART + 2)
#define UART_LINE (UART + 3)
#define UART_MODEM (UART + 4)
#define UART_STATUS (UART + 5)
#define STATUS_EMPTY 0x20
#define QUEUE_SIZE 512
#define STATUS_READS 20000

static char queue[QUEUE_SIZE];
static u32 queued, sent;
static bool may_send;

void console_init(void)
{
    outb(UART_INTERRUPTS, 0);
    outb(UART_LINE, 0x80); /* the divisor: 115200 baud */
    outb(UART, 1);
    outb(UART_INTERRUPTS, 0);
    outb(UART_LINE, 0x03); /* 8 bits, no parity */
    outb(UART_FIFO, 0x00);
    outb(UART_MODEM, 0x03);
}

static void put(char *buffer, u32 *length, char c)
{
    if (*length < QUEUE_SIZE)
        buffer[(*length)++] = c;
}

static void put_number(char *buffer, u32 *length, u64 value, u32 base)
{
    char digits[20];
    u32 n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0)
        put(buffer, length, digits[--n]);
}

static u32 format_into(char *buffer, const char *format, va_list arguments)
{
    u32 length = 0;
    for (; *format != '\0'; format++) {
        if (*format == '\n')
            put(buffer, &length, '\r');
        if (*format != '%') {
            put(buffer, &length, *format);
            continue;
        }
        format++;
        if (*format == 'u')
            put_number(buffer, &length, va_arg(arguments, u64), 10);
        else if (*format == 'x')
            put_number(buffer, &length, va_arg(arguments, u64), 16);
        else if (*format == 's')
            for (const char *s = va_arg(arguments, const char *); *s != '\0'; s++)
                put(buffer, &length, *s);
        else
            put(buffer, &length, '%');
    }
    return length;
}

/* A port that never gets ready loses the text, not the probe. */
static void send_waiting(const char *text, u32 length)
{
    for (u32 i = 0; i < length; i++) {
        for (u32 reads = 0; reads < STATUS_READS && !(inb(UART_STATUS) & STATUS_EMPTY); reads++)
            pause();
        outb(UART, (u8)text[i]);
    }
}

void console_print(const char *format, ...)
{
    char text[QUEUE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    u32 length = format_into(text, format, arguments);
    va_end(arguments);
    send_waiting(text, length);
}

void console_queue(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    queued = format_into(queue, format, arguments);
    va_end(arguments);
    sent = 0;
}

bool console_idle(void)
{
    return sent == queued;
}

/* At most one port access: each may cost a host tens of microseconds. */
void console_step(void)
{
    if (sent == queued)
        return;
    if (may_send) {
        outb(UART, (u8)queue[sent++]);
        may_send = false;
    } else {
        may_send = inb(UART_STATUS) & STATUS_EMPTY;
    }
}
