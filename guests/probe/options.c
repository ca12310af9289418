/* The command line: words of the form key=value. */
#include "probe.h"

struct options options = {.wss_mib = 64, .rate_mb = 50, .seed = 1, .check = true};

/* Length of the prefix of text up to a blank or the end. */
static u32 word_length(const char *text)
{
    u32 n = 0;
    while (text[n] != '\0' && text[n] != ' ' && text[n] != '\n')
        n++;
    return n;
}

static bool is(const char *word, u32 length, const char *expected)
{
    for (u32 i = 0; i < length; i++)
        if (word[i] != expected[i] || expected[i] == '\0')
            return false;
    return expected[length] == '\0';
}

static bool number(const char *word, u32 length, u64 *value)
{
    u64 n = 0;
    if (length == 0 || length > 18)
        return false;
    for (u32 i = 0; i < length; i++) {
        if (word[i] < '0' || word[i] > '9')
            return false;
        n = n * 10 + (u64)(word[i] - '0');
    }
    *value = n;
    return true;
}

static bool flag(const char *word, u32 length, bool *value)
{
    u64 n;
    if (!number(word, length, &n) || n > 1)
        return false;
    *value = n == 1;
    return true;
}

static bool parse_pattern(const char *word, u32 length)
{
    if (is(word, length, "random"))
        options.pattern = PATTERN_RANDOM;
    else if (is(word, length, "text"))
        options.pattern = PATTERN_TEXT;
    else if (is(word, length, "zero"))
        options.pattern = PATTERN_ZERO;
    else
        return false;
    return true;
}

static bool parse(const char *key, u32 key_length, const char *value, u32 length)
{
    u64 n;
    if (is(key, key_length, "wss") && number(value, length, &n) && n < 1u << 30)
        return options.wss_mib = n, true;
    if (is(key, key_length, "rate") && number(value, length, &n) && n < 1u << 30)
        return options.rate_mb = n, true;
    if (is(key, key_length, "fill") && number(value, length, &n) && n < 1u << 30)
        return options.fill_mib = n, options.fill_given = true;
    if (is(key, key_length, "writers") && number(value, length, &n) && n >= 1 && n <= MAX_VCPUS)
        return options.writers = n, true;
    if (is(key, key_length, "exit") && number(value, length, &n) && n < 256)
        return options.exit_code = n, options.exit = true;
    if (is(key, key_length, "seed"))
        return number(value, length, &options.seed);
    if (is(key, key_length, "check"))
        return flag(value, length, &options.check);
    if (is(key, key_length, "reset"))
        return flag(value, length, &options.reset);
    if (is(key, key_length, "fault"))
        return flag(value, length, &options.fault);
    return is(key, key_length, "pattern") && parse_pattern(value, length);
}

static void refuse(const char *word, u32 length)
{
    char text[64];
    u32 n = length < sizeof text - 1 ? length : sizeof text - 1;
    for (u32 i = 0; i < n; i++)
        text[i] = word[i];
    text[n] = '\0';
    console_print("probe: option %s ignored; known are wss=MiB rate=MB/s fill=MiB seed=N writers=N "
                  "check=0|1 pattern=random|text|zero exit=0..255 reset=0|1 fault=0|1\n", text);
}

void options_parse(const char *cmdline)
{
    while (*cmdline != '\0') {
        u32 length = word_length(cmdline);
        u32 key_length = 0;
        while (key_length < length && cmdline[key_length] != '=')
            key_length++;
        u32 value = key_length < length ? key_length + 1 : length;
        if (length > 0 && !parse(cmdline, key_length, cmdline + value, length - value))
            refuse(cmdline, length);
        cmdline += length;
        if (*cmdline != '\0')
            cmdline++;
    }
    if (!options.fill_given)
        options.fill_mib = options.wss_mib;
}
