/*
 * US states and Canadian provinces, for Meta's `st` and for Limited Data Use.
 *
 * The rule for `st` is Meta's own (capi-param-builder 1.3.2), with its oddities: "New South Wales"
 * becomes "ne", because what is in no table is cut to two letters. Parity with the pixel's hash is
 * worth more than being right.
 */
#include "meta.h"

struct place {
    const char *name, *code;
};

/* Provinces come first, as in Meta's library: the first table that knows the name wins. */
static const struct place provinces[] = {
    {"ontario", "on"},
    {"quebec", "qc"},
    {"britishcolumbia", "bc"},
    {"alberta", "ab"},
    {"saskatchewan", "sk"},
    {"manitoba", "mb"},
    {"novascotia", "ns"},
    {"newbrunswick", "nb"},
    {"princeedwardisland", "pe"},
    {"newfoundlandandlabrador", "nl"},
    {"yukon", "yt"},
    {"northwestterritories", "nt"},
    {"nunavut", "nu"},
};
static const struct place states[] = {
    {"alabama", "al"},       {"alaska", "ak"},       {"arizona", "az"},
    {"arkansas", "ar"},      {"california", "ca"},   {"colorado", "co"},
    {"connecticut", "ct"},   {"delaware", "de"},     {"florida", "fl"},
    {"georgia", "ga"},       {"hawaii", "hi"},       {"idaho", "id"},
    {"illinois", "il"},      {"indiana", "in"},      {"iowa", "ia"},
    {"kansas", "ks"},        {"kentucky", "ky"},     {"louisiana", "la"},
    {"maine", "me"},         {"maryland", "md"},     {"massachusetts", "ma"},
    {"michigan", "mi"},      {"minnesota", "mn"},    {"mississippi", "ms"},
    {"missouri", "mo"},      {"montana", "mt"},      {"nebraska", "ne"},
    {"nevada", "nv"},        {"newhampshire", "nh"}, {"newjersey", "nj"},
    {"newmexico", "nm"},     {"newyork", "ny"},      {"northcarolina", "nc"},
    {"northdakota", "nd"},   {"ohio", "oh"},         {"oklahoma", "ok"},
    {"oregon", "or"},        {"pennsylvania", "pa"}, {"rhodeisland", "ri"},
    {"southcarolina", "sc"}, {"southdakota", "sd"},  {"tennessee", "tn"},
    {"texas", "tx"},         {"utah", "ut"},         {"vermont", "vt"},
    {"virginia", "va"},      {"washington", "wa"},   {"westvirginia", "wv"},
    {"wisconsin", "wi"},     {"wyoming", "wy"},      {"districtofcolumbia", "dc"},
};
static const struct {
    const struct place *places;
    size_t count;
} tables[] = {{provinces, COUNT_OF(provinces)}, {states, COUNT_OF(states)}};

static bool contains(span text, const char *part)
{
    size_t len = strlen(part);
    for (size_t at = 0; at + len <= text.len; at++)
        if (memcmp(text.ptr + at, part, len) == 0)
            return true;
    return false;
}

span meta_state(struct arena *arena, span raw)
{
    char *letters = arena_text(arena, raw);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = letters[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c >= 'a' && c <= 'z')
            letters[len++] = c;
    }
    span text = {letters, len};
    if (len <= 2)
        return len == 2 ? text : (span){0};
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (span_is(text, tables[t].places[i].name))
                return span_of(tables[t].places[i].code);
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (contains(text, tables[t].places[i].name))
                return span_of(tables[t].places[i].code);
    return span_sub(text, 0, 2);
}

/* The next "CA=1000" off the front; INVALID when it is none. */
static enum status next_law(span *laws, span *ret_code, int64_t *ret_number)
{
    span law, code;
    if (!span_split(laws, ',', &law))
        return MISSING;
    law = span_trim(law);
    if (!span_split(&law, '=', &code) || code.len != 2 || span_int(law, ret_number) != OK ||
        *ret_number <= 0 || *ret_number > INT32_MAX)
        return INVALID;
    *ret_code = code;
    return OK;
}

int meta_law(span laws, span region_code)
{
    span code;
    int64_t number;
    while (next_law(&laws, &code, &number) == OK)
        if (span_equal_nocase(region_code, code))
            return (int)number;
    return 0;
}

enum status meta_law_check(span laws)
{
    span code;
    int64_t number;
    enum status status;
    while ((status = next_law(&laws, &code, &number)) == OK)
        continue;
    return status == MISSING ? OK : status;
}
