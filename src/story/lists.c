/* The three lists; lists.h is the contract. */
#include "lists.h"

#include "../base/ulid.h"
#include "../event/clean.h"
#include "../store/person.h"

static void put_next(struct json *json, int64_t next)
{
    if (next > 0)
        json_put_int(json, "next", next);
    else
        json_put_null(json, "next");
}

static int64_t shop_of(const struct story *story, const struct lists_wish *wish)
{
    return wish->shop ? story_number(story, wish->shop) : 0;
}

/* ---- orders ---- */

static enum status put_order(const struct story *story, const struct order_row *row,
                             struct json *json)
{
    struct outcome_row *outcomes;
    unsigned count;
    enum status status = outcome_of_order(story->view, story->arena, row->key, &outcomes, &count);
    if (status != OK)
        return status;
    json_open(json, NULL, '{');
    json_put_int(json, "key", row->key);
    json_put_text(json, "id", row->id);
    json_put_text(json, "order_id", row->order_id);
    json_put_text(json, "number", row->number);
    json_put_text(json, "name", row->name);
    json_put_text(json, "store", report_shop_name(story->view, story->arena, row->shop));
    json_put_text(json, "state", span_of(order_state_text(row->state)));
    json_put_text(json, "reason", row->reason);
    story_put_money(json, "value", row->value);
    json_put_text(json, "currency", row->currency);
    json_put_int(json, "first_at", row->first_at);
    json_put_int(json, "created_at", row->created_at);
    json_open(json, "halves", '{');
    json_put_bool(json, "server", row->server_seq != 0);
    json_put_bool(json, "browser", row->browser_seq != 0);
    json_close(json, '}');
    json_put_text(json, "matched", row->matched);
    json_open(json, "outcomes", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "destination", outcomes[i].destination);
        json_put_text(json, "name", span_of(names_text(outcomes[i].name)));
        json_put_text(json, "state", span_of(outcome_state_text(outcomes[i].state)));
        json_put_text(json, "reason", outcomes[i].reason);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
    return OK;
}

/* By whom it was bought, where nothing else fits. */
static enum status orders_of_buyer(const struct story *story, const struct lists_wish *wish,
                                   struct order_row **ret_rows, unsigned *ret_count)
{
    span email = clean_email(story->arena, wish->text);
    span phone = phone_e164(story->arena, wish->text, (span){0});
    *ret_count = 0;
    for (unsigned i = 0; i < story->shop_count && *ret_count == 0; i++) {
        int64_t shop = story_number(story, story->shops[i]), person;
        if (wish->shop && wish->shop != story->shops[i])
            continue;
        if ((span_empty(email) ||
             person_find(story->view, shop, LINK_EMAIL, email, &person) != OK) &&
            (span_empty(phone) || person_find(story->view, shop, LINK_PHONE, phone, &person) != OK))
            continue;
        enum status status = report_orders_of_person(story->view, story->arena, person, wish->most,
                                                     ret_rows, ret_count);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status find_orders(const struct story *story, const struct lists_wish *wish,
                               struct order_row **ret_rows, unsigned *ret_count)
{
    int64_t shop = shop_of(story, wish);
    unsigned kept = 0;
    enum status status = order_search(story->view, story->arena, wish->text, ret_rows, ret_count);
    if (status == OK && *ret_count == 0)
        status = orders_of_buyer(story, wish, ret_rows, ret_count);
    for (unsigned i = 0; status == OK && i < *ret_count; i++)
        if (shop == 0 || (*ret_rows)[i].shop == shop)
            (*ret_rows)[kept++] = (*ret_rows)[i];
    *ret_count = kept;
    return status;
}

enum status lists_orders(const struct story *story, const struct lists_wish *wish,
                         struct json *json)
{
    struct order_row *rows = NULL;
    unsigned count = 0;
    int64_t next = 0;
    enum status status =
        !span_empty(wish->text)
            ? find_orders(story, wish, &rows, &count)
            : report_orders(story->view, story->arena, shop_of(story, wish), wish->state,
                            wish->before, wish->most, &rows, &count, &next);
    json_open(json, NULL, '{');
    json_open(json, "orders", '[');
    for (unsigned i = 0; i < count && i < wish->most && status == OK; i++)
        status = put_order(story, &rows[i], json);
    json_close(json, ']');
    put_next(json, next);
    json_close(json, '}');
    return status;
}

/* ---- events ---- */

void lists_put_event(const struct story *story, const struct journal_row *row, struct json *json)
{
    const struct json_value *body = NULL;
    const char *name = names_text(row->name);
    if (!span_empty(row->body) && json_parse(story->arena, row->body, &body, NULL) != OK)
        body = NULL;
    json_open(json, NULL, '{');
    json_put_int(json, "seq", row->seq);
    json_put_text(json, "store", json_get_text(body, "store"));
    json_put_text(json, "source", span_of(event_source_text(row->source)));
    json_put_text(json, "name", *name ? span_of(name) : json_get_text(body, "name"));
    json_put_text(json, "id", row->event_id);
    json_put_int(json, "at", row->at);
    json_put_int(json, "received_at", row->received_at);
    story_put_text(json, "visitor", row->visitor);
    if (row->person)
        json_put_int(json, "person", row->person);
    else
        json_put_null(json, "person");
    story_put_text(json, "order",
                   row->order ? report_order_name(story->view, story->arena, row->order)
                              : (span){0});
    const struct json_value *bot = json_get(body, "bot");
    if (bot)
        json_put_value(json, "bot", bot);
    else
        json_put_null(json, "bot");
    if (body)
        json_put_value(json, "body", body);
    else
        json_put_null(json, "body"); /* erased */
    json_close(json, '}');
}

enum status lists_events(const struct story *story, const struct lists_wish *wish,
                         struct json *json)
{
    struct report_filter filter = {.shop = shop_of(story, wish),
                                   .name = wish->name,
                                   .source = wish->source,
                                   .visitor = wish->visitor};
    struct journal_row *rows = NULL;
    unsigned count = 0;
    int64_t next = 0;
    if (!span_empty(filter.visitor) && filter.shop == 0 && story->shop_count == 1)
        filter.shop = story_number(story, story->shops[0]);
    int64_t head = 0;
    enum status status =
        journal_head(story->view, &head); /* first: a stream from here misses none */
    if (status == OK)
        status = report_events(story->view, story->arena, &filter, wish->before, wish->most, &rows,
                               &count, &next);
    json_open(json, NULL, '{');
    json_open(json, "events", '[');
    for (unsigned i = 0; i < count && status == OK; i++)
        lists_put_event(story, &rows[i], json);
    json_close(json, ']');
    put_next(json, next);
    json_put_int(json, "head", head);
    json_close(json, '}');
    return status;
}

/* ---- people ---- */

static void put_person(const struct story *story, const struct person_row *row, struct json *json)
{
    json_open(json, NULL, '{');
    json_put_int(json, "id", row->id);
    json_put_text(json, "store", report_shop_name(story->view, story->arena, row->shop));
    json_put_text(json, "email", row->who.email);
    json_put_text(json, "phone", row->who.phone);
    json_put_text(json, "customer_id", row->who.customer_id);
    json_put_int(json, "created_at", row->created_at);
    json_put_int(json, "updated_at", row->updated_at);
    json_close(json, '}');
}

static enum status put_by_id(const struct story *story, int64_t id, unsigned *count,
                             struct json *json)
{
    struct person_row row;
    enum status status = person_get(story->view, story->arena, id, &row);
    if (status == OK) {
        put_person(story, &row, json);
        (*count)++;
    }
    return status == MISSING ? OK : status;
}

/* A whole identifier, whichever it is. 0: nobody. */
static int64_t person_by(const struct story *story, int64_t shop, span text)
{
    int64_t person;
    const struct {
        enum link_kind kind;
        span value;
    } names[] = {{LINK_PHONE, phone_e164(story->arena, text, (span){0})}, {LINK_CUSTOMER, text}};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (!span_empty(names[i].value) &&
            person_find(story->view, shop, names[i].kind, names[i].value, &person) == OK)
            return person;
    return ulid_valid(text) ? visitor_owner(story->view, shop, text, story->now) : 0;
}

static span lower(struct arena *arena, span text)
{
    char *copy = arena_text(arena, span_trim(text));
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 'a' - 'A');
    return span_of(copy);
}

static enum status put_people_of(const struct story *story, int64_t shop,
                                 const struct lists_wish *wish, unsigned *count, struct json *json)
{
    int64_t *ids, person = 0;
    unsigned id_count = 0;
    enum status status = OK;
    if (!span_empty(wish->text))
        person = person_by(story, shop, span_trim(wish->text));
    if (person)
        return put_by_id(story, person, count, json);
    status = report_people(story->view, story->arena, shop, lower(story->arena, wish->text),
                           wish->most, &ids, &id_count);
    for (unsigned i = 0; i < id_count && *count < wish->most && status == OK; i++)
        status = put_by_id(story, ids[i], count, json);
    return status;
}

enum status lists_people(const struct story *story, const struct lists_wish *wish,
                         struct json *json)
{
    enum status status = OK;
    unsigned count = 0;
    int64_t id;
    json_open(json, NULL, '{');
    json_open(json, "people", '[');
    if (span_empty(wish->text)) {
        status = put_people_of(story, shop_of(story, wish), wish, &count, json);
    } else {
        for (unsigned i = 0; i < story->shop_count && status == OK; i++)
            if (!wish->shop || wish->shop == story->shops[i])
                status =
                    put_people_of(story, story_number(story, story->shops[i]), wish, &count, json);
        if (status == OK && count == 0 && span_int(wish->text, &id) == OK && id > 0)
            status = put_by_id(story, id, &count, json);
    }
    json_close(json, ']');
    json_close(json, '}');
    return status;
}
