/*
 * Money as whole minor units, read from and printed as decimal digits.
 *
 * A price is text on the way in ("59.90") and text on the way out; in between it is an integer,
 * because a double cannot hold 59.90 and a sum of doubles cannot be compared. What a currency's
 * smallest unit is decides how many digits there are, so money is only ever read together with
 * its currency: "500" is five hundred yen (500 units) or five hundred euros (50000 units).
 *
 * The table below is ISO 4217's list of active codes (amendments up to 2026), each followed by
 * its exponent. Left out are the codes that no shop can charge in: metals, SDRs, test codes and
 * XXX. Kept in are ANG, BGN, SLL and ZWL, retired within or near the two years that orders live.
 */
#include "money.h"

#include <assert.h>

/* One line a first letter; every entry is four characters and a blank, so they can be counted off.
 */
static const char *const currencies[26] = {
    ['A' - 'A'] = "AED2 AFN2 ALL2 AMD2 ANG2 AOA2 ARS2 AUD2 AWG2 AZN2",
    ['B' - 'A'] = "BAM2 BBD2 BDT2 BGN2 BHD3 BIF0 BMD2 BND2 BOB2 BOV2 BRL2 BSD2 BTN2 BWP2 "
                  "BYN2 BZD2",
    ['C' - 'A'] = "CAD2 CDF2 CHE2 CHF2 CHW2 CLF4 CLP0 CNY2 COP2 COU2 CRC2 CUP2 CVE2 CZK2",
    ['D' - 'A'] = "DJF0 DKK2 DOP2 DZD2",
    ['E' - 'A'] = "EGP2 ERN2 ETB2 EUR2",
    ['F' - 'A'] = "FJD2 FKP2",
    ['G' - 'A'] = "GBP2 GEL2 GHS2 GIP2 GMD2 GNF0 GTQ2 GYD2",
    ['H' - 'A'] = "HKD2 HNL2 HTG2 HUF2",
    ['I' - 'A'] = "IDR2 ILS2 INR2 IQD3 IRR2 ISK0",
    ['J' - 'A'] = "JMD2 JOD3 JPY0",
    ['K' - 'A'] = "KES2 KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 KYD2 KZT2",
    ['L' - 'A'] = "LAK2 LBP2 LKR2 LRD2 LSL2 LYD3",
    ['M' - 'A'] = "MAD2 MDL2 MGA2 MKD2 MMK2 MNT2 MOP2 MRU2 MUR2 MVR2 MWK2 MXN2 MXV2 MYR2 "
                  "MZN2",
    ['N' - 'A'] = "NAD2 NGN2 NIO2 NOK2 NPR2 NZD2",
    ['O' - 'A'] = "OMR3",
    ['P' - 'A'] = "PAB2 PEN2 PGK2 PHP2 PKR2 PLN2 PYG0",
    ['Q' - 'A'] = "QAR2",
    ['R' - 'A'] = "RON2 RSD2 RUB2 RWF0",
    ['S' - 'A'] = "SAR2 SBD2 SCR2 SDG2 SEK2 SGD2 SHP2 SLE2 SLL2 SOS2 SRD2 SSP2 STN2 SVC2 "
                  "SYP2 SZL2",
    ['T' - 'A'] = "THB2 TJS2 TMT2 TND3 TOP2 TRY2 TTD2 TWD2 TZS2",
    ['U' - 'A'] = "UAH2 UGX0 USD2 USN2 UYI0 UYU2 UYW4 UZS2",
    ['V' - 'A'] = "VED2 VES2 VND0 VUV0",
    ['W' - 'A'] = "WST2",
    ['X' - 'A'] = "XAF0 XCD2 XCG2 XOF0 XPF0",
    ['Y' - 'A'] = "YER2",
    ['Z' - 'A'] = "ZAR2 ZMW2 ZWG2 ZWL2",
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The exponent's digit in the table; NULL when the code is not in it. */
static const char *find_scale(span code)
{
    if (code.len != 3)
        return NULL;
    char a = upper(code.ptr[0]), b = upper(code.ptr[1]), c = upper(code.ptr[2]);
    if (a < 'A' || a > 'Z')
        return NULL;
    for (const char *at = currencies[a - 'A']; *at; at += 5) {
        if (at[1] == b && at[2] == c)
            return at + 3;
        if (at[4] == '\0')
            break;
    }
    return NULL;
}

bool money_currency_valid(span code)
{
    return find_scale(code) != NULL;
}

unsigned money_scale(span code)
{
    const char *digit = find_scale(code);
    return digit ? (unsigned)(*digit - '0') : 2;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum status money_parse(span text, span currency, struct money *ret_money)
{
    unsigned scale = money_scale(currency), decimals = 0;
    size_t at = 0, dot = text.len;
    int64_t units = 0;
    bool negative = text.len > 0 && text.ptr[0] == '-', round_up = false;
    for (at = negative; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '.' && dot == text.len && at > negative && at + 1 < text.len) {
            dot = at;
            continue;
        }
        if (!is_digit(c))
            return INVALID;
        if (dot != text.len && decimals == scale) {
            /* The first digit too many decides: half away from zero needs to know no more. */
            round_up = round_up || (at == dot + 1 + scale && c >= '5');
            continue;
        }
        decimals += dot != text.len;
        units = units * 10 + (c - '0');
        if (units > MONEY_CEILING)
            return INVALID;
    }
    if (at == negative)
        return INVALID;
    for (; decimals < scale; decimals++) /* at most four times: no overflow under the ceiling */
        units *= 10;
    units += round_up;
    if (units > MONEY_CEILING)
        return INVALID;
    *ret_money = money_of(negative ? -units : units, scale);
    return OK;
}

struct money money_of(int64_t units, unsigned scale)
{
    assert(scale <= 4);
    return (struct money){.units = units, .scale = (uint8_t)scale, .given = true};
}

static struct money sum(struct money a, int64_t b_units, struct money b)
{
    struct money result;
    assert(!a.given || !b.given || a.scale == b.scale);
    if (!a.given && !b.given)
        return a;
    result = money_of(0, a.given ? a.scale : b.scale);
    bool overflow =
        __builtin_add_overflow(a.given ? a.units : 0, b.given ? b_units : 0, &result.units);
    assert(!overflow); /* operands are capped; only a bug sums up 90,000 ceilings */
    return result;
}

struct money money_add(struct money a, struct money b)
{
    return sum(a, b.units, b);
}

struct money money_subtract(struct money a, struct money b)
{
    return sum(a, -b.units, b);
}

struct money money_times(struct money a, int64_t factor)
{
    int64_t units;
    if (!a.given)
        return a;
    if (__builtin_mul_overflow(a.units, factor, &units)) /* nonsense, but not undefined */
        units = (a.units < 0) == (factor < 0) ? MONEY_CEILING : -MONEY_CEILING;
    return money_of(units, a.scale);
}

struct money money_least_zero(struct money a)
{
    if (a.units < 0)
        a.units = 0;
    return a;
}

int money_compare(struct money a, struct money b)
{
    assert(!a.given || !b.given || a.scale == b.scale);
    int64_t left = a.given ? a.units : 0, right = b.given ? b.units : 0;
    return (left > right) - (left < right);
}

span money_text(struct money money, char room[MONEY_TEXT_ROOM])
{
    if (!money.given)
        return (span){0};
    char *end = room + MONEY_TEXT_ROOM, *at = end;
    uint64_t rest = money.units < 0 ? -(uint64_t)money.units : (uint64_t)money.units;
    for (unsigned digit = 0; rest > 0 || digit <= money.scale; digit++, rest /= 10) {
        if (digit == money.scale && digit > 0)
            *--at = '.';
        *--at = (char)('0' + rest % 10);
    }
    if (money.units < 0)
        *--at = '-';
    return (span){at, (size_t)(end - at)};
}

span money_print(struct arena *arena, struct money money)
{
    char room[MONEY_TEXT_ROOM];
    return arena_copy(arena, money_text(money, room));
}
