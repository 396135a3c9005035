/*
 * ULID, as github.com/ulid/spec: the most significant bit first,
 *
 *   character   0 ........ 9   10 ............. 25      (Crockford base 32: no I L O U)
 *   bits        48 of time     80 of chance
 *
 * 26 characters could hold 130 bits; the two that are too many are why the first one stops
 * at 7. Text order is time order. Ids made within one millisecond are in no order: nothing
 * here needs one, and a monotonic counter would be a state shared by threads.
 */
#include "ulid.h"

#define TIME_LEN 10

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* A digit's value plus one, so that 0 is what is no digit. */
#define LETTER(upper, value) [upper] = (value) + 1, [(upper) | 0x20] = (value) + 1
static const unsigned char values[256] = {
    ['0'] = 1,       ['1'] = 2,       ['2'] = 3,       ['3'] = 4,       ['4'] = 5,
    ['5'] = 6,       ['6'] = 7,       ['7'] = 8,       ['8'] = 9,       ['9'] = 10,
    LETTER('A', 10), LETTER('B', 11), LETTER('C', 12), LETTER('D', 13), LETTER('E', 14),
    LETTER('F', 15), LETTER('G', 16), LETTER('H', 17), LETTER('J', 18), LETTER('K', 19),
    LETTER('M', 20), LETTER('N', 21), LETTER('P', 22), LETTER('Q', 23), LETTER('R', 24),
    LETTER('S', 25), LETTER('T', 26), LETTER('V', 27), LETTER('W', 28), LETTER('X', 29),
    LETTER('Y', 30), LETTER('Z', 31),
};

bool ulid_valid(span s)
{
    if (s.len != ULID_LEN || *s.ptr < '0' || *s.ptr > '7')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (values[(unsigned char)s.ptr[i]] == 0)
            return false;
    return true;
}

int64_t ulid_time(span valid_ulid)
{
    int64_t ms = 0;
    for (size_t i = 0; i < TIME_LEN && i < valid_ulid.len; i++)
        ms = ms << 5 | ((values[(unsigned char)valid_ulid.ptr[i]] - 1) & 31);
    return ms;
}

void ulid_make(const struct clock *clock, char ret_text[ULID_LEN + 1])
{
    uint64_t time = (uint64_t)clock_now(clock) & ((UINT64_C(1) << 48) - 1);
    for (int i = TIME_LEN - 1; i >= 0; i--, time >>= 5)
        ret_text[i] = digits[time & 31];
    /* Sixteen digits of chance: eight from each of two draws of 64 bits. */
    for (int half = 0; half < 2; half++) {
        uint64_t chance = clock->random(clock);
        for (int i = 7; i >= 0; i--, chance >>= 5)
            ret_text[TIME_LEN + half * 8 + i] = digits[chance & 31];
    }
    ret_text[ULID_LEN] = '\0';
}
