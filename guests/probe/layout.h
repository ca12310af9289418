/* Numbers that C, assembly and the tools that watch the probe agree on. The Java side is ProbeLayout. */
#ifndef LAYOUT_H
#define LAYOUT_H

#define MAX_VCPUS 64
#define KERNEL_STACK_SIZE 4096
#define USER_STACK_SIZE 8192

/* Guest-physical addresses. */
#define TRAMPOLINE 0x8000
#define COUNTERS_BASE 0x10000
#define TABLES_BASE 0x400000
#define RESET_MARK 0x7ff000
#define FILL_BASE 0x800000
#define LAPIC_BASE 0xfee00000

/* Segment selectors; the TSS of vCPU i is at TSS_SELECTOR + 16 * i. */
#define KERNEL_CODE32 0x08
#define KERNEL_DATA 0x10
#define KERNEL_CODE64 0x18
#define USER_DATA 0x23
#define USER_CODE64 0x2b
#define TSS_SELECTOR 0x30

/* What is written to the debug-exit port when the probe gives up. */
#define DEBUG_EXIT_PORT 0xf4
#define EXIT_EXCEPTION 0x70
#define EXIT_NO_MEMORY_MAP 0x71

#endif
