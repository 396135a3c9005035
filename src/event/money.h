/*
 * Money as whole minor units of a currency; it never passes through a double.
 * `scale` is the currency's exponent (ISO 4217: EUR 2, JPY 0, KWD 3), so that the amount
 * is units / 10^scale. Unset money (given == false) is "not known", not zero.
 */
#ifndef EVENT_MONEY_H
#define EVENT_MONEY_H
#include "../base/arena.h"

struct money {
    int64_t units;
    uint8_t scale;
    bool given;
};

#define MONEY_CEILING INT64_C(100000000000000) /* units; above it is nonsense */

bool money_currency_valid(span code); /* an active ISO 4217 code, upper or lower case */
unsigned money_scale(span code);      /* 2 for what is not in the list */
/* "59.90", "-1", "0.0", "12", 1e3 is refused. More digits than the currency has are rounded
   half away from zero. INVALID: no decimal, or above the ceiling. Sign is kept: callers
   decide who may be negative. */
MUST_USE enum status money_parse(span text, span currency, struct money *ret_money);
struct money money_of(int64_t units, unsigned scale);
/* Absent counts as zero; scales of given operands must agree (assert). */
struct money money_add(struct money a, struct money b);
struct money money_subtract(struct money a, struct money b);
struct money money_times(struct money a, int64_t factor);
struct money money_least_zero(struct money a); /* negative becomes zero */
int money_compare(struct money a, struct money b);
/* "59.90" with exactly `scale` decimals: how the journal keeps it. */
span money_print(struct arena *arena, struct money money);
/* The same digits for a place that wants a JSON number: 59.90, 59.00, 59 (scale 0). */
static inline span money_number(struct arena *arena, struct money money)
{
    return money_print(arena, money);
}
/* The same without an arena: the text is written into the caller's room. */
#define MONEY_TEXT_ROOM 24
span money_text(struct money money, char room[MONEY_TEXT_ROOM]);

#endif
