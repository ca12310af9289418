/* What the echo guest's units know of each other, beside what they take from the probe and the drive guest. */
#ifndef ECHO_H
#define ECHO_H

#include "drive.h"

static inline void outw(u16 port, u16 value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline u16 inw(u16 port)
{
    u16 value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* --- serial.c: the first serial port, by its receive interrupt --- */

void serial_begin(void);
/* Sends back what came, if the interrupt controller says that the port asked for attention. */
void serial_step(void);

/* --- port.c: the virtio console, polled --- */

/* False where there is none. */
bool port_begin(void);
void port_step(void);
/* Names a descriptor that does not exist, as a broken driver would. */
void port_break(void);

/* --- power.c --- */

void power_begin(void);
/* Powers off when the button was pressed, unless it is to be ignored. */
void power_step(bool ignore_button);
void power_off(void) __attribute__((noreturn));
void power_panic(void);
void power_triple_fault(void);

/* --- main.c --- */

/* Whether a byte is a command rather than text; then it was carried out. */
bool command(u8 byte);

#endif
