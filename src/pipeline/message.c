/* What RECORD does with a report of DELIVER's: writes it down, in the turn that is open. */
#include "message.h"

enum status message_keep(struct store *store, const struct report *report)
{
    enum status status = OK;
    if (report->batch)
        status = batch_put(store, report->batch);
    for (unsigned i = 0; i < report->outcome_count && status == OK; i++)
        status = outcome_put(store, &report->outcomes[i]);
    for (unsigned i = 0; i < report->letter_count && status == OK; i++)
        status = letter_put(store, &report->letters[i]);
    for (unsigned i = 0; i < report->counter_count && status == OK; i++)
        status =
            counter_add(store, report->counters[i].day, report->counters[i].shop,
                        report->counters[i].what, report->counters[i].label, report->counters[i].n);
    if (report->bookmark && status == OK)
        status = report->pause_told ? bookmark_put(store, report->bookmark)
                                    : bookmark_move(store, report->bookmark);
    return status;
}
