/* See receive_rate.h. Tokens are thousandths, so that one millisecond adds `per_second` of them. */
#include "receive_rate.h"

#include "../base/hash.h"

bool receive_rate_take(struct receive_rate *rate, span who, unsigned per_second, int64_t now)
{
    if (per_second == 0)
        return true;
    uint64_t full = (uint64_t)per_second * RECEIVE_RATE_BURST * 1000;
    size_t slot = hash_quick(who) % RECEIVE_RATE_SLOTS;
    uint64_t tokens = rate->slots[slot].tokens_milli;
    int64_t passed = now - rate->slots[slot].at;
    if (rate->slots[slot].at == 0 || passed > (int64_t)RECEIVE_RATE_BURST * 1000)
        tokens = full;
    else if (passed > 0)
        tokens += (uint64_t)passed * per_second;
    if (tokens > full)
        tokens = full;
    rate->slots[slot].at = now;
    bool granted = tokens >= 1000;
    rate->slots[slot].tokens_milli = (uint32_t)(granted ? tokens - 1000 : tokens);
    return granted;
}
