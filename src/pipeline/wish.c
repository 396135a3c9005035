/*
 * See wish.h. The webhook's own row goes with the person: it is in the journal before the erasure
 * begins. Only a signed source brings these names; /v1/events may say them too, with its token.
 */
#include "wish.h"

#include "../base/json.h"
#include "../store/erase.h"

bool wish_is(const struct event *event)
{
    return event->name == EVENT_FACT_DATA_REQUEST || event->name == EVENT_FACT_CUSTOMER_REDACT ||
           event->name == EVENT_FACT_SHOP_REDACT;
}

/* {"orders":["299938"]}, as shopify_facts.c keeps it */
static const span *orders_of(struct arena *arena, const struct event *event, unsigned *ret_count)
{
    const struct json_value *root;
    unsigned count = 0;
    *ret_count = 0;
    if (span_empty(event->custom) || json_parse(arena, event->custom, &root, NULL) != OK)
        return NULL;
    const struct json_value *list = root->first;
    span *ids = arena_array(arena, span, list ? list->count : 0);
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        ids[count++] = one->text;
    *ret_count = count;
    return ids;
}

static unsigned names_of(const struct identity_known *known, struct dossier_name names[3])
{
    const struct dossier_name all[] = {
        {LINK_EMAIL, known->email},
        {LINK_PHONE, known->phone},
        {LINK_CUSTOMER, known->customer_id},
    };
    unsigned count = 0;
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        if (!span_empty(all[i].value))
            names[count++] = all[i];
    return count;
}

enum status wish_grant(const struct identity *identity, const struct event *event)
{
    struct identity_known known = identity_normalise(identity->arena, &event->who);
    int64_t now = event->received_at, id;
    if (!event_is_signed(event))
        return OK;
    if (event->name == EVENT_FACT_DATA_REQUEST) {
        struct erase_request request = {
            .shop = identity->shop_number,
            .customer = known.customer_id,
            .email = known.email,
            .phone = known.phone,
            .asked_at = now,
            .due_at = now + ERASE_ANSWER_MS,
        };
        return erase_request_put(identity->store, &request);
    }
    struct dossier_name names[3];
    struct erase_wish wish = {
        .shop = identity->shop_number,
        .everything = event->name == EVENT_FACT_SHOP_REDACT,
        .names = names,
        .name_count = names_of(&known, names),
        .asked_by = names_text(event->name),
    };
    wish.order_ids = orders_of(identity->arena, event, &wish.order_id_count);
    return erase_begin(identity->store, identity->arena, &wish, now, &id);
}
