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

/* 0…31, or 32 for what is no digit. */
static unsigned digit_value(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    unsigned value = 0;
    while (value < 32 && digits[value] != c)
        value++;
    return value;
}

bool ulid_valid(span s)
{
    if (s.len != ULID_LEN || *s.ptr < '0' || *s.ptr > '7')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (digit_value(s.ptr[i]) == 32)
            return false;
    return true;
}

int64_t ulid_time(span valid_ulid)
{
    int64_t ms = 0;
    for (size_t i = 0; i < TIME_LEN && i < valid_ulid.len; i++)
        ms = ms << 5 | (digit_value(valid_ulid.ptr[i]) & 31);
    return ms & ((INT64_C(1) << 48) - 1);
}

void ulid_make(const struct clock *clock, char ret_text[ULID_LEN + 1])
{
    uint64_t time = (uint64_t)clock_now(clock);
    for (int i = TIME_LEN - 1; i >= 0; i--, time >>= 5)
        ret_text[i] = digits[time & 31];
    ret_text[0] = digits[(unsigned)(digit_value(ret_text[0]) & 7)];
    /* Sixteen digits of chance: eight from each of two draws of 64 bits. */
    for (int half = 0; half < 2; half++) {
        uint64_t chance = clock->random(clock);
        for (int i = 7; i >= 0; i--, chance >>= 5)
            ret_text[TIME_LEN + half * 8 + i] = digits[chance & 31];
    }
    ret_text[ULID_LEN] = '\0';
}
