/*
 * See report.h. What DELIVER says of an event whose person was forgotten while it was on its way
 * came too late to be erased with him, so it is left out here: the order's outcome, the platform's
 * words, the answer that may quote him. The letter's row stays, it says that the event is settled.
 */
#include "report.h"

#include "../base/clock.h"
#include "../store/erase.h"

#define LATEST_MS DAY_MS /* nothing is on its way for longer */

/* Of an event whose person was forgotten while it was on its way a letter may say only that. */
static enum status erased_letter(struct store *store, const struct letter_row *letter)
{
    struct letter_row row = *letter;
    row.state = LETTER_DROPPED;
    row.reason = SPAN("erased");
    row.event_id = row.code = row.words = (span){0};
    row.next_try = 0;
    return letter_put(store, &row);
}

/* Was its row blanked since? Asked only where somebody may have been forgotten. */
static enum status is_gone(struct store *store, bool may_be_erased, int64_t seq, bool *ret_gone)
{
    *ret_gone = false;
    return may_be_erased ? erase_blanked(store_view(store), seq, ret_gone) : OK;
}

/* What the platform answered to a batch that carried such an event may quote it. */
static enum status write_batch(struct store *store, const struct batch_row *batch,
                               bool may_be_erased)
{
    struct batch_row row = *batch;
    bool any = false;
    enum status status = OK;
    for (unsigned i = 0; i < row.count && !any && status == OK; i++)
        status = is_gone(store, may_be_erased, row.seqs[i], &any);
    if (any)
        row.answer = (span){0};
    return status == OK ? batch_put(store, &row) : status;
}

enum status report_write(struct store *store, const struct report *report, int64_t now)
{
    enum status status = OK;
    bool may_be = erase_recent(store_view(store), now - DAY_MS); /* no attempt takes longer */
    if (report->batch)
        status = write_batch(store, report->batch, may_be);
    if (report->told && status == OK)
        status = batch_tell(store, report->told, report->told_answer); /* counts: nobody's */
    for (unsigned i = 0; i < report->outcome_count && status == OK; i++) {
        bool gone;
        status = is_gone(store, may_be, report->outcomes[i].seq, &gone);
        if (status == OK && !gone)
            status = outcome_put(store, &report->outcomes[i]);
    }
    for (unsigned i = 0; i < report->letter_count && status == OK; i++) {
        bool gone;
        status = is_gone(store, may_be, report->letters[i].seq, &gone);
        if (status == OK)
            status = gone ? erased_letter(store, &report->letters[i])
                          : letter_put(store, &report->letters[i]);
    }
    for (unsigned i = 0; i < report->counter_count && status == OK; i++)
        status =
            counter_add(store, report->counters[i].day, report->counters[i].shop,
                        report->counters[i].what, report->counters[i].label, report->counters[i].n);
    if (report->bookmark && status == OK)
        status = report->pause_told ? bookmark_put(store, report->bookmark)
                                    : bookmark_move(store, report->bookmark);
    return status;
}
