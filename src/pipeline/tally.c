/* See tally.h. A turn has few stores and fewer outcomes: a list is looked through faster than
 * hashed. */
#include "tally.h"

#include "count.h"

void tally_add(struct tally *tally, span shop, const char *outcome)
{
    struct tally_row *row = tally->rows;
    while (row < tally->rows + tally->count &&
           !(row->shop.ptr == shop.ptr && strcmp(row->outcome, outcome) == 0))
        row++;
    if (row == tally->rows + TALLY_ROOM) {
        count_add(COUNT_ORDERS, shop, span_of(outcome), (span){0}, 1);
        return;
    }
    if (row == tally->rows + tally->count) {
        *row = (struct tally_row){shop, outcome, 0};
        tally->count++;
    }
    row->n++;
}

void tally_count(struct tally *tally)
{
    for (unsigned i = 0; i < tally->count; i++)
        count_add(COUNT_ORDERS, tally->rows[i].shop, span_of(tally->rows[i].outcome), (span){0},
                  tally->rows[i].n);
    tally->count = 0;
}

void tally_forget(struct tally *tally)
{
    tally->count = 0;
}
