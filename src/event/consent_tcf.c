/*
 * TC strings (IAB TCF v2.2, contracts/sources 7.4): segments parted by '.', base64url. The first is
 * the core; of it we read the version and which purposes the visitor consented to.
 *
 *   bit 0..5      version, 2
 *   bit 152..175  purposesConsent, purpose 1 first
 *
 *   analytics = 1 and (7 or 8)      store on the device; measure ads, or content
 *   marketing = 1 and 3 and 4 and 7 profile, personalise, measure ads
 */
#include "consent.h"

#define VERSION_BITS  6u
#define FIRST_PURPOSE 152u
#define CORE_BITS     (FIRST_PURPOSE + 24u)

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool bit(span core, unsigned n)
{
    return digit_of(core.ptr[n / 6]) >> (5 - n % 6) & 1;
}

static bool purpose(span core, unsigned number)
{
    return bit(core, FIRST_PURPOSE - 1 + number);
}

bool consent_tcf(span text, struct consent *ret_consent)
{
    span core = span_sub(text, 0, span_find(text, 0, '.'));
    unsigned version = 0;
    if (core.len * 6 < CORE_BITS)
        return false;
    for (size_t i = 0; i < core.len; i++)
        if (digit_of(core.ptr[i]) < 0)
            return false;
    for (unsigned i = 0; i < VERSION_BITS; i++)
        version = version * 2 + bit(core, i);
    if (version != 2)
        return false;
    bool analytics = purpose(core, 1) && (purpose(core, 7) || purpose(core, 8));
    bool marketing = purpose(core, 1) && purpose(core, 3) && purpose(core, 4) && purpose(core, 7);
    ret_consent->analytics = analytics ? CONSENT_GRANTED : CONSENT_DENIED;
    ret_consent->marketing = marketing ? CONSENT_GRANTED : CONSENT_DENIED;
    ret_consent->source = SPAN("tcf");
    return true;
}
