/*
 * The content of a page: {sequence, checksum, address, seed}, then 508 words. The checksum is linear in the words and
 * has odd coefficients, so every change of one word shows, and a write that changes some words updates it without
 * reading the others.
 */
#include "probe.h"

#define WORDS (PAGE_SIZE / 8)
#define SEQUENCE 0
#define CHECKSUM 1
#define ADDRESS 2
#define SEED 3
#define HEADER_WORDS 4
#define STRETCH 64 /* a write changes one word of each such stretch */
#define WEIGHT 0x9e3779b97f4a7c16ull /* even, so that 1 + WEIGHT * n is odd */

static inline u64 coefficient(u32 word)
{
    return 1 + WEIGHT * (WORDS - word);
}

/* Sum of word * coefficient over all words but the checksum: two additions a word, as in Fletcher's sum. */
static u64 checksum(const volatile u64 *page)
{
    u64 sum = page[SEQUENCE];
    u64 weighted = 2 * sum; /* as if the checksum's word were 0 */
    for (u32 i = ADDRESS; i < WORDS; i++) {
        sum += page[i];
        weighted += sum;
    }
    return sum + WEIGHT * weighted;
}

static inline u64 mix(u64 x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static inline u64 xorshift(u64 x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

/* A page of these compresses well, but is not one run. */
static const char vocabulary[16][8] __attribute__((aligned(8))) = {
    "godwit, ", "a wader ", "flies   ", "from the", " north  ", "tideline", " across ", "the open",
    " ocean, ", "without ", "landing,", " until  ", "its feet", " touch  ", "the far ", "mudflat.",
};

static u64 word_of(u64 random, enum pattern pattern)
{
    if (pattern == PATTERN_RANDOM)
        return random;
    return pattern == PATTERN_TEXT ? ((const u64 __attribute__((may_alias)) *)vocabulary)[random >> 60] : 0;
}

void page_fill(u64 *page, u64 seed, enum pattern pattern)
{
    u64 s[4];
    for (u32 lane = 0; lane < 4; lane++)
        s[lane] = mix(seed + (u64)page * 4 + lane + 1) | 1;
    page[SEQUENCE] = FIRST_SEQUENCE;
    page[ADDRESS] = (u64)page;
    page[SEED] = seed;
    for (u32 i = HEADER_WORDS; i < WORDS; i += 4)
        for (u32 lane = 0; lane < 4; lane++) {
            s[lane] = xorshift(s[lane]);
            page[i + lane] = word_of(s[lane], pattern);
        }
    page[CHECKSUM] = checksum(page);
}

void page_fill_zero(u64 *page)
{
    for (u32 i = 0; i < WORDS; i++)
        ((volatile u64 *)page)[i] = 0;
}

bool page_is_intact(const u64 *page, u64 sequence, u64 seed)
{
    const volatile u64 *p = page;
    return p[SEQUENCE] == sequence && p[ADDRESS] == (u64)page && p[SEED] == seed && p[CHECKSUM] == checksum(p);
}

bool page_is_zero(const u64 *page)
{
    u64 any = 0;
    for (u32 i = 0; i < WORDS; i++)
        any |= ((const volatile u64 *)page)[i];
    return any == 0;
}

void page_write(u64 *page, u64 sequence, u64 entropy, bool intact)
{
    volatile u64 *p = page;
    u64 sum = p[CHECKSUM] + (sequence - p[SEQUENCE]) * coefficient(SEQUENCE);
    p[SEQUENCE] = sequence;
    for (u32 stretch = 0; stretch < WORDS; stretch += STRETCH) {
        entropy = xorshift(entropy);
        u32 word = stretch + (u32)(entropy >> 58);
        if (word < HEADER_WORDS)
            word = HEADER_WORDS;
        if (stretch == WORDS - STRETCH)
            word = WORDS - 1;
        sum += (entropy - p[word]) * coefficient(word);
        p[word] = entropy;
    }
    p[CHECKSUM] = intact ? sum : checksum(p);
}
