/*
 * The words of an event's enums, and the rules that every event must hold whatever brought it.
 *
 * event_check() walks the same tables as reading and writing do, so a member cannot be forgotten:
 * every text is UTF-8 and under its ceiling, every amount is no less than zero and of a currency
 * that exists. What remains are the few rules about id, name and time. It stops at the first
 * trouble; its answer begins with a word that machines count by.
 */
#include "event_fields.h"

#include "../base/limits.h"

#include <assert.h>
#include <stdio.h>

#define QUANTITY_CEILING 1000000

static const char *const source_texts[SOURCE_COUNT] = {
    [SOURCE_BROWSER] = "browser", [SOURCE_PIXEL] = "pixel", [SOURCE_SHOPIFY] = "shopify",
    [SOURCE_MAGENTO] = "magento", [SOURCE_API] = "api",     [SOURCE_DERIVED] = "derived",
};

static const char *const kind_texts[KIND_COUNT] = {
    [KIND_WEB] = "web",
    [KIND_POS] = "pos",
    [KIND_DRAFT] = "draft",
    [KIND_RENEWAL] = "renewal",
    [KIND_MARKETPLACE] = "marketplace",
    [KIND_TEST] = "test",
};

static unsigned find_text(const char *const *texts, unsigned count, span text)
{
    unsigned i = 0;
    while (i < count && !span_is(text, texts[i]))
        i++;
    return i;
}

span event_region(const struct event *event)
{
    const span tries[] = {event->consent.region, event->who.shipping.country,
                          event->who.billing.country, event->who.country};
    for (size_t i = 0; i < COUNT_OF(tries); i++)
        if (!span_empty(tries[i]))
            return tries[i];
    return (span){0};
}

const char *event_source_text(enum event_source source)
{
    assert(source < SOURCE_COUNT);
    return source_texts[source];
}

enum event_source event_source_find(span text)
{
    return (enum event_source)find_text(source_texts, SOURCE_COUNT, text);
}

const char *event_kind_text(enum event_kind kind)
{
    assert(kind < KIND_COUNT);
    return kind_texts[kind];
}

enum event_kind event_kind_find(span text)
{
    return (enum event_kind)find_text(kind_texts, KIND_COUNT, text);
}

static enum status refuse(struct error *error, const char *word, const char *what,
                          const char *sentence)
{
    if (error)
        snprintf(error->text, sizeof error->text, "%s: %s %s", word, what, sentence);
    return INVALID;
}

static enum status check_object(const struct event_shape *shape, const void *base, span currency,
                                struct error *error);

static enum status check_text(const struct event_field *field, span text, struct error *error)
{
    if (text.len > field->limit)
        return refuse(error, "text_too_long", field->key, "is longer than we keep");
    if (!span_utf8(text))
        return refuse(error, "utf8_invalid", field->key, "is not UTF-8");
    return OK;
}

static enum status check_money(const struct event_field *field, struct money money, span currency,
                               struct error *error)
{
    if (!money_currency_valid(currency))
        return refuse(error, "currency_invalid", field->key, "has no currency that exists");
    if (money.units < 0)
        return refuse(error, "money_negative", field->key, "is below zero");
    if (money.units > MONEY_CEILING || money.scale != money_scale(currency))
        return refuse(error, "money_invalid", field->key, "is no amount of its currency");
    return OK;
}

static enum status check_items(const struct event_field *field, const struct item *items,
                               unsigned count, span currency, struct error *error)
{
    if (count > LIMIT_ITEMS)
        return refuse(error, "too_many_items", field->key, "has too many entries");
    for (unsigned i = 0; i < count; i++) {
        if (items[i].quantity < 0 || items[i].quantity > QUANTITY_CEILING)
            return refuse(error, "quantity_invalid", "quantity", "is below zero or absurd");
        enum status status = check_object(field->shape, &items[i], currency, error);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status check_texts(const struct event_field *field, const span *texts, unsigned count,
                               struct error *error)
{
    if (count > LIMIT_CATEGORIES)
        return refuse(error, "too_many_items", field->key, "has too many entries");
    for (unsigned i = 0; i < count; i++) {
        enum status status = check_text(field, texts[i], error);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status check_field(const struct event_field *field, const void *base, span currency,
                               struct error *error)
{
    const void *at = event_field_at(field, base);
    switch ((enum event_field_kind)field->kind) {
    case FIELD_CURRENCY:
        if (!money_currency_valid(*(const span *)at))
            return refuse(error, "currency_invalid", field->key, "is not in ISO 4217");
        return OK;
    case FIELD_TEXT:
    case FIELD_JSON:
        return check_text(field, *(const span *)at, error);
    case FIELD_MONEY:
        return check_money(field, *(const struct money *)at, currency, error);
    case FIELD_OBJECT:
        return check_object(field->shape, at, currency, error);
    case FIELD_ITEMS:
        return check_items(field, *(const struct item *const *)at, event_field_count(field, base),
                           currency, error);
    case FIELD_TEXTS:
        return check_texts(field, *(const span *const *)at, event_field_count(field, base), error);
    case FIELD_INT:
    case FIELD_FLAG:
    case FIELD_NAME:
    case FIELD_SOURCE:
    case FIELD_KIND:
    case FIELD_TRI:
    case FIELD_CHOICE:
    case FIELD_SEQS:
        return OK;
    }
    return OK;
}

static enum status check_object(const struct event_shape *shape, const void *base, span currency,
                                struct error *error)
{
    if (shape->currency)
        currency = *(const span *)event_field_at(shape->currency, base);
    for (unsigned i = 0; i < shape->field_count; i++) {
        if (!event_field_given(&shape->fields[i], base))
            continue;
        enum status status = check_field(&shape->fields[i], base, currency, error);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status check_id(const struct event *event, struct error *error)
{
    if (span_empty(event->id))
        return refuse(error, "id_missing", "id", "is empty");
    if (event->id.len > LIMIT_ID_BYTES)
        return refuse(error, "id_too_long", "id", "is longer than 128 bytes");
    return OK;
}

static enum status check_name(const struct event *event, struct error *error)
{
    if (event->name == EVENT_CUSTOM && span_empty(event->name_text))
        return refuse(error, "name_missing", "name", "is empty");
    if (event->name_text.len > LIMIT_ID_BYTES)
        return refuse(error, "name_too_long", "name", "is longer than 128 bytes");
    if (!span_utf8(event->name_text))
        return refuse(error, "utf8_invalid", "name", "is not UTF-8");
    return OK;
}

static enum status check_time(const struct event *event, int64_t now, int64_t window_ms,
                              struct error *error)
{
    bool may_be_old =
        event->source == SOURCE_DERIVED || names_class(event->name) == EVENT_CLASS_FACT;
    if (event->at <= 0)
        return refuse(error, "time_missing", "at", "is missing or not after 1970");
    if (event->at > now + LIMIT_AHEAD_MS)
        return refuse(error, "time_ahead", "at", "is more than a day ahead of now");
    if (!may_be_old && event->at < now - window_ms)
        return refuse(error, "time_too_old", "at", "is older than copies are remembered");
    return OK;
}

enum status event_check(const struct event *event, int64_t now, int64_t window_ms,
                        struct error *ret_error)
{
    enum status status = check_id(event, ret_error);
    if (status == OK)
        status = check_name(event, ret_error);
    if (status == OK)
        status = check_time(event, now, window_ms, ret_error);
    if (status == OK)
        status = check_object(&event_fields, event, (span){0}, ret_error);
    return status;
}
