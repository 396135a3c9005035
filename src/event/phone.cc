/*
 * Phone numbers to E.164: the door to libphonenumber.
 *
 * Every platform hashes phones, so "0151 23456789", "+49 (0)151 23456789" and "0049151…" must
 * come out the same or the buyer is three buyers. None of the platforms guesses the country, and
 * neither do we: the caller names the one the number would be dialled in, or it must start with
 * + or 00.
 *
 * C++ stays behind this door: no exception leaves it. The library's tables are one object that
 * is built at the first use, by a C++ static under its own lock, and only read after that: any
 * thread may call at any time.
 *
 * The library takes 15 to 40 µs a reading, more than everything else an event costs, and one
 * buyer's number comes by many times (checkout steps, order, paid, each destination). So each
 * thread remembers what the last few hundred became.
 */
#include <phonenumbers/phonenumberutil.h>

#include <string>

extern "C" {
#include "clean.h"
#include "../base/hash.h"
}

namespace
{
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* Longer than any way of writing a number; the library would look at up to 250 bytes. */
constexpr size_t longest_phone = 64;

/* "00" is how most of the world dials out and what people write for +, also where the local
   prefix is another one (011 in the US). */
std::string with_plus(span raw)
{
    if (raw.len > 2 && raw.ptr[0] == '0' && raw.ptr[1] == '0')
        return "+" + std::string(raw.ptr + 2, raw.len - 2);
    return std::string(raw.ptr, raw.len);
}

/* The library's name for a region: upper case, "ZZ" for none. */
std::string region_name(struct arena *arena, span country)
{
    span alpha2 = clean_country(arena, country);
    if (alpha2.len != 2)
        return "ZZ";
    return {char(alpha2.ptr[0] - 'a' + 'A'), char(alpha2.ptr[1] - 'a' + 'A')};
}

bool parse(const std::string &text, const std::string &region, PhoneNumber *ret_number)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    /* A number that can only be dialled locally (no area code) is nobody's identity. */
    return util.Parse(text, region, ret_number) == PhoneNumberUtil::NO_PARSING_ERROR &&
           util.IsPossibleNumberWithReason(*ret_number) == PhoneNumberUtil::IS_POSSIBLE;
}

/* "4915123456789" in Germany: the + was forgotten. Such a number may be a valid national one too.
   Where national numbers begin with a trunk prefix (0, in most of the world) it is written, and
   its lack speaks for the +; where there is none (Italy) the national reading goes first. */
bool parse_without_plus(const std::string &text, const std::string &region, PhoneNumber *ret_number)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    PhoneNumber national;
    std::string trunk;
    int code = util.GetCountryCodeForRegion(region);
    if (code == 0 || text[0] == '+')
        return false;
    util.GetNddPrefixForRegion(region, true, &trunk);
    if (trunk.empty() && parse(text, region, &national) && util.IsValidNumber(national))
        return false;
    return parse("+" + text, region, ret_number) && ret_number->country_code() == code &&
           util.IsValidNumber(*ret_number);
}

bool to_e164(const std::string &text, const std::string &region, std::string *ret_e164)
{
    PhoneNumber number;
    if (!parse_without_plus(text, region, &number) && !parse(text, region, &number))
        return false;
    /* Where "(0)" stood before a zero, a zero is left, and the library would take it off when it
       reads its own text: +4400… would be +440… and then +44…. One number is one text, however
       often it is read: on until nothing changes. Each time costs a digit, so it ends. (At once for
       what we have made ourselves, and that is most of what comes by.) */
    std::string read = text;
    for (;;) {
        PhoneNumberUtil::GetInstance()->Format(number, PhoneNumberUtil::E164, ret_e164);
        if (*ret_e164 == read)
            break;
        read = *ret_e164;
        if (!parse(read, region, &number))
            return false;
    }
    return ret_e164->size() <= 16; /* + and 15 digits; the library lets Germany have 17 */
}

/* One place per hash, the newest number takes it: bounded, nothing to clean up. */
struct remembered {
    char raw[longest_phone];
    char region[2];
    uint8_t raw_len, e164_len; /* raw_len 0: empty place; e164_len 0: no possible number */
    char e164[20];
};
constexpr size_t remembered_places = 512;
thread_local remembered memory[remembered_places];

remembered *place_of(span raw, const std::string &region)
{
    return &memory[(hash_quick(raw) ^ uint64_t(region[0]) << 8 ^ uint64_t(region[1])) %
                   remembered_places];
}

bool is_remembered(const remembered *place, span raw, const std::string &region)
{
    return place->raw_len == raw.len && memcmp(place->raw, raw.ptr, raw.len) == 0 &&
           memcmp(place->region, region.data(), 2) == 0;
}

void remember(remembered *place, span raw, const std::string &region, const std::string &e164)
{
    if (e164.size() > sizeof place->e164)
        return;
    memcpy(place->raw, raw.ptr, raw.len);
    memcpy(place->region, region.data(), 2);
    memcpy(place->e164, e164.data(), e164.size());
    place->raw_len = uint8_t(raw.len);
    place->e164_len = uint8_t(e164.size());
}
} // namespace

extern "C" span phone_e164(struct arena *arena, span raw, span country)
{
    span trimmed = span_trim(raw);
    if (hash_is_hex(trimmed, 2 * HASH_SIZE))
        return clean_lower(arena, trimmed);
    if (span_empty(trimmed) || trimmed.len > longest_phone)
        return span{};
    try {
        std::string region = region_name(arena, country), e164;
        remembered *place = place_of(trimmed, region);
        if (!is_remembered(place, trimmed, region)) {
            if (!to_e164(with_plus(trimmed), region, &e164))
                e164.clear();
            remember(place, trimmed, region, e164);
            return e164.empty() ? span{} : arena_copy(arena, span{e164.data(), e164.size()});
        }
        return place->e164_len ? arena_copy(arena, span{place->e164, place->e164_len}) : span{};
    } catch (...) {
        /* A number that the library stumbles over is no number. */
    }
    return span{};
}
