/* CPL 3: gives back what it is sent, for ever. */
#include "echo.h"

#define BREAK_PORT 0x02  /* ^B */
#define POWER_OFF 0x04   /* ^D */
#define EXIT_WITH 0x05   /* ^E, and the code as the byte behind it */
#define TRIPLE_FAULT 0x06 /* ^F */
#define PANIC 0x10       /* ^P */

static bool has_port, awaits_code;

/* Of one vCPU only. */
void vcpu_beat(u32 index)
{
    (void)index;
    RESULTS->heartbeat++;
}

static bool has_word(const char *text, const char *word)
{
    for (; *text != '\0'; text++) {
        u32 n = 0;
        while (word[n] != '\0' && text[n] == word[n])
            n++;
        if (word[n] == '\0')
            return true;
    }
    return false;
}

bool command(u8 byte)
{
    if (awaits_code) {
        awaits_code = false;
        debug_exit(byte);
        return true;
    }
    switch (byte) {
    case BREAK_PORT:
        if (has_port)
            port_break();
        return true;
    case POWER_OFF:
        power_off();
    case EXIT_WITH:
        awaits_code = true;
        return true;
    case TRIPLE_FAULT:
        power_triple_fault();
        return true;
    case PANIC:
        power_panic();
        return true;
    default:
        return false;
    }
}

void user_main(u32 index)
{
    (void)index;
    bool has_memory = memory_init();
    console_init();
    if (!has_memory) {
        console_print("echo: no memory map\n");
        debug_exit(EXIT_NO_MEMORY_MAP);
        for (;;)
            pause();
    }
    bool ignore_button = has_word(memory_cmdline(), "ignore-button");
    has_port = has_word(memory_cmdline(), "console") && port_begin();
    power_begin();
    serial_begin();
    console_print("echo: ready%s\n", has_port ? ", with a console" : "");
    for (;;) {
        serial_step();
        if (has_port)
            port_step();
        power_step(ignore_button);
        vcpu_beat(0);
    }
}
