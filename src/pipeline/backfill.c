/* See backfill.h. */
#include "backfill.h"

#include "../base/limits.h"
#include "../store/order.h"

/* Anonymous then, of a kind that is mailed about, and not itself derived. */
static bool is_missed(const struct stitch_row *stitch, const struct journal_row *row)
{
    enum event_class kind = names_class(row->name);
    return row->at >= stitch->since && row->at < stitch->until && row->person == 0 &&
           row->source != SOURCE_DERIVED && (row->audience & AUDIENCE_MAIL) &&
           kind != EVENT_CLASS_ORDER && !span_empty(row->body);
}

/* A checkout's start is mailed about once: from here, or from its webhook that names the person. */
static enum status mailed_before(const struct backfill *backfill, int64_t shop,
                                 const struct event *event, bool *ret_before)
{
    unsigned before = 0;
    enum status status = OK;
    if (event->name == EVENT_CHECKOUT_STARTED && !span_empty(event->order.checkout_token))
        status = order_checkout(backfill->store, shop, event->order.checkout_token,
                                CHECKOUT_BY_SERVER, backfill->now, &before);
    if (status == OK)
        *ret_before = (before & CHECKOUT_BY_SERVER) != 0;
    return status;
}

static enum status derive(const struct backfill *backfill, const struct journal_row *row,
                          int64_t person, unsigned *appended)
{
    const struct json_value *root;
    struct event event;
    if (json_parse(backfill->arena, row->body, &root, NULL) != OK ||
        event_read(backfill->arena, root, backfill->shop->currency, &event, NULL) != OK)
        return OK;
    bool before = false;
    enum status status = mailed_before(backfill, row->shop, &event, &before);
    if (status != OK || before)
        return status;
    event.source = SOURCE_DERIVED;
    event.received_at = backfill->now;
    event.from[0] = row->seq;
    event.from_count = 1;
    event.backfill = true;
    struct buf out;
    buf_init(&out, LIMIT_EVENT_BYTES);
    event_write(&out, &event);
    bool fits = buf_ok(&out);
    span body = arena_copy(backfill->arena, buf_span(&out));
    buf_done(&out);
    if (!fits)
        return OK;
    struct journal_row told = *row;
    told.source = SOURCE_DERIVED;
    told.received_at = backfill->now;
    told.person = person;
    told.order = 0;
    told.audience = AUDIENCE_MAIL;
    told.body = body;
    int64_t seq;
    status = journal_append(backfill->store, &told, &seq);
    if (status == OK)
        (*appended)++;
    return status;
}

enum status backfill_slice(const struct backfill *backfill, const struct stitch_row *stitch,
                           unsigned *ret_appended)
{
    struct view *view = store_view(backfill->store);
    struct journal_row *rows = NULL;
    unsigned count = 0, appended = 0;
    enum status status = OK;
    if (backfill->shop)
        status = journal_trail(view, backfill->arena, stitch->shop, stitch->visitor, stitch->stand,
                               stitch->head, BACKFILL_ROWS, &rows, &count);
    if (status == OK && count == BACKFILL_ROWS) {
        int64_t newest;
        status = journal_trail_newest(view, stitch->shop, stitch->visitor, stitch->stand,
                                      stitch->head, STITCH_MOST, &newest);
        if (status == OK &&
            newest >= rows[0].seq) { /* this slice, and maybe more, is of too long ago */
            *ret_appended = 0;
            return stitch_moved(backfill->store, stitch, newest);
        }
    }
    for (unsigned i = 0; i < count && status == OK; i++) {
        if (!is_missed(stitch, &rows[i]))
            continue;
        int64_t person = visitor_owner(view, stitch->shop, stitch->visitor, rows[i].at);
        if (person)
            status = derive(backfill, &rows[i], person, &appended);
    }
    int64_t stand = count == BACKFILL_ROWS ? rows[count - 1].seq : stitch->head;
    if (status == OK)
        status = stitch_moved(backfill->store, stitch, stand);
    if (status == OK)
        *ret_appended = appended;
    return status;
}
