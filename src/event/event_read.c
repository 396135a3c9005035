/*
 * The canonical event from JSON: our own journal, and what POST /v1/events brings.
 *
 * One walk over the document with the tables of event_fields.c beside it. Members usually come
 * in the order of the tables (we wrote them), so the search for a key starts behind the last one
 * found and nearly always ends at once. Unknown members are passed over, null, {} and [] are
 * "nothing there", money may be a string or a number.
 *
 * Money is read by the scale of the currency in force: an object's own `currency`, else that of
 * the object around it (for the event itself: its order's), else the caller's. When money was
 * read by a currency that its object did not name, the object is given that name, so that no
 * amount travels without its currency.
 */
#include "event_fields.h"

#include "../base/limits.h"

#include <stdio.h>

struct reader {
    struct arena *arena;
    span currency;   /* in force where we are */
    bool money_seen; /* under the object whose currency this is */
    struct error *error;
};

/* Where we are, from the inside out; only looked at to name the place of an error. */
struct place {
    const struct place *up;
    const char *key; /* NULL: element `index` of the list above */
    unsigned index;
};

static enum status read_object(struct reader *reader, const struct place *place,
                               const struct json_value *json, const struct event_shape *shape,
                               void *base);

static size_t print_place(const struct place *place, char *text, size_t room)
{
    if (place == NULL)
        return 0;
    size_t len = print_place(place->up, text, room);
    int more = place->key ? snprintf(text + len, room - len, "%s%s", len ? "." : "", place->key)
                          : snprintf(text + len, room - len, "[%u]", place->index);
    return len + (size_t)more < room ? len + (size_t)more : room - 1;
}

static enum status refuse(const struct reader *reader, const struct place *place, const char *word,
                          const char *sentence)
{
    char path[120] = "event";
    if (reader->error) {
        print_place(place, path, sizeof path);
        snprintf(reader->error->text, sizeof reader->error->text, "%s: %s %s", word, path,
                 sentence);
    }
    return INVALID;
}

static bool is_integer(span token)
{
    for (size_t i = token.ptr[0] == '-'; i < token.len; i++)
        if (token.ptr[i] < '0' || token.ptr[i] > '9')
            return false;
    return true;
}

static span upper_copy(struct arena *arena, span text)
{
    char *copy = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    return (span){copy, text.len};
}

static enum status read_text(const struct reader *reader, const struct place *place,
                             const struct json_value *json, span *ret_text)
{
    bool is_text =
        json->kind == JSON_STRING || (json->kind == JSON_NUMBER && is_integer(json->text));
    if (!is_text)
        return refuse(reader, place, "type_invalid", "is not text");
    *ret_text = json->text.len > 0 ? json->text : (span){0};
    return OK;
}

/* Kept as it came, but on one line and without escapes of lone surrogates: `tail --json` prints
   a line an event, and platforms are stricter than we are. */
static enum status read_json(const struct reader *reader, const struct place *place,
                             const struct json_value *json, span *ret_json)
{
    if (json->kind != JSON_OBJECT)
        return refuse(reader, place, "type_invalid", "is not an object");
    span raw = json->raw;
    bool plain = memchr(raw.ptr, '\n', raw.len) == NULL && memchr(raw.ptr, '\r', raw.len) == NULL &&
                 memmem(raw.ptr, raw.len, "\\u", 2) == NULL;
    if (!plain) {
        struct buf text;
        struct json out;
        buf_init(&text, raw.len + 64);
        json_start(&out, &text);
        json_put_value(&out, NULL, json);
        json_end(&out);
        raw = buf_ok(&text) ? arena_copy(reader->arena, buf_span(&text)) : (span){0};
        buf_done(&text);
        if (span_empty(raw))
            return refuse(reader, place, "text_too_long", "grows when written plainly");
    } else {
        raw = arena_copy(reader->arena, raw); /* the input may go before the event does */
    }
    *ret_json = raw;
    return OK;
}

static enum status read_money(struct reader *reader, const struct place *place,
                              const struct json_value *json, struct money *ret_money)
{
    bool has_token = json->kind == JSON_STRING || json->kind == JSON_NUMBER;
    if (!has_token || money_parse(json->text, reader->currency, ret_money) != OK)
        return refuse(reader, place, "money_invalid", "is not a decimal amount within reason");
    reader->money_seen = true;
    return OK;
}

static enum status read_int(const struct reader *reader, const struct place *place,
                            const struct json_value *json, int64_t *ret_value)
{
    bool has_token = json->kind == JSON_STRING || json->kind == JSON_NUMBER;
    if (!has_token || span_int(json->text, ret_value) != OK)
        return refuse(reader, place, "type_invalid", "is not a whole number");
    return OK;
}

static enum status read_bool(const struct reader *reader, const struct place *place,
                             const struct json_value *json, bool *ret_value)
{
    if (json->kind != JSON_TRUE && json->kind != JSON_FALSE)
        return refuse(reader, place, "type_invalid", "is neither true nor false");
    *ret_value = json->kind == JSON_TRUE;
    return OK;
}

static enum status read_name(const struct reader *reader, const struct place *place,
                             const struct json_value *json, struct event *event)
{
    enum status status = read_text(reader, place, json, &event->name_text);
    if (status == OK)
        event->name = names_find(event->name_text);
    return status;
}

static enum status read_source(const struct reader *reader, const struct place *place,
                               const struct json_value *json, enum event_source *ret_source)
{
    enum event_source source = event_source_find(json_text(json));
    if (source == SOURCE_COUNT)
        return refuse(reader, place, "type_invalid",
                      "is none of browser, pixel, shopify, magento, api, derived");
    *ret_source = source;
    return OK;
}

static enum status read_kind(const struct reader *reader, const struct place *place,
                             const struct json_value *json, enum event_kind *ret_kind)
{
    enum event_kind kind = event_kind_find(json_text(json));
    if (kind == KIND_COUNT)
        return refuse(reader, place, "type_invalid",
                      "is none of web, pos, draft, renewal, marketplace, test");
    *ret_kind = kind;
    return OK;
}

static enum consent_choice read_choice(const struct json_value *json)
{
    if (json->kind == JSON_TRUE || json->kind == JSON_FALSE)
        return json->kind == JSON_TRUE ? CONSENT_GRANTED : CONSENT_DENIED;
    return consent_choice_find(json_text(json));
}

/* null, {} and PHP's empty object [] all say "nothing there". */
static bool is_nothing(const struct json_value *json)
{
    bool is_container = json->kind == JSON_ARRAY || json->kind == JSON_OBJECT;
    return json->kind == JSON_NULL || (is_container && json->count == 0);
}

/* Room is made for what is something only: a body full of {} must not grow a hundredfold. */
static enum status read_items(struct reader *reader, const struct place *place,
                              const struct json_value *json, const struct event_shape *shape,
                              const struct item **ret_items, unsigned *ret_count)
{
    struct place element = {.up = place};
    unsigned count = 0;
    for (const struct json_value *value = json->first; value; value = value->next)
        count += !is_nothing(value);
    if (count == 0)
        return OK;
    if (count > LIMIT_ITEMS)
        return refuse(reader, place, "too_many_items", "has more entries than we keep");
    struct item *items = arena_array(reader->arena, struct item, count), *item = items;
    for (const struct json_value *value = json->first; value; value = value->next) {
        enum status status =
            is_nothing(value) ? OK : read_object(reader, &element, value, shape, item);
        if (status != OK)
            return status;
        item += !is_nothing(value);
        element.index++;
    }
    *ret_items = items;
    *ret_count = count;
    return OK;
}

static enum status read_texts(const struct reader *reader, const struct place *place,
                              const struct json_value *json, const span **ret_texts,
                              unsigned *ret_count)
{
    span *texts = json->count ? arena_array(reader->arena, span, json->count) : NULL;
    struct place element = {.up = place};
    unsigned count = 0;
    for (const struct json_value *value = json->first; value; value = value->next) {
        enum status status =
            is_nothing(value) ? OK : read_text(reader, &element, value, &texts[count]);
        if (status != OK)
            return status;
        count += texts[count].len > 0;
        element.index++;
    }
    *ret_texts = count ? texts : NULL;
    *ret_count = count;
    return OK;
}

static enum status read_seqs(const struct reader *reader, const struct place *place,
                             const struct json_value *json, int64_t *seqs, unsigned *ret_count)
{
    unsigned count = 0;
    if (json->count > COUNT_OF(((struct event *)0)->from))
        return refuse(reader, place, "type_invalid", "has more than four entries");
    for (const struct json_value *value = json->first; value; value = value->next) {
        enum status status = read_int(reader, place, value, &seqs[count++]);
        if (status != OK)
            return status;
    }
    *ret_count = count;
    return OK;
}

static enum status read_list(struct reader *reader, const struct place *place,
                             const struct json_value *json, const struct event_field *field,
                             void *base)
{
    void *at = (char *)base + field->offset;
    unsigned *count = (void *)((char *)base + field->count_offset);
    if (json->kind != JSON_ARRAY)
        return refuse(reader, place, "type_invalid", "is not a list");
    if (field->kind == FIELD_ITEMS)
        return read_items(reader, place, json, field->shape, at, count);
    if (field->kind == FIELD_TEXTS)
        return read_texts(reader, place, json, at, count);
    return read_seqs(reader, place, json, at, count);
}

static enum status read_field(struct reader *reader, const struct place *place,
                              const struct json_value *json, const struct event_field *field,
                              void *base)
{
    void *at = (char *)base + field->offset;
    enum status status = OK;
    bool yes = false;
    switch ((enum event_field_kind)field->kind) {
    case FIELD_TEXT:
        return read_text(reader, place, json, at);
    case FIELD_CURRENCY:
        status = read_text(reader, place, json, at);
        if (status == OK)
            *(span *)at = upper_copy(reader->arena, *(span *)at);
        return status;
    case FIELD_JSON:
        return read_json(reader, place, json, at);
    case FIELD_MONEY:
        return read_money(reader, place, json, at);
    case FIELD_INT:
        return read_int(reader, place, json, at);
    case FIELD_FLAG:
        return read_bool(reader, place, json, at);
    case FIELD_NAME:
        return read_name(reader, place, json, base);
    case FIELD_SOURCE:
        return read_source(reader, place, json, at);
    case FIELD_KIND:
        return read_kind(reader, place, json, at);
    case FIELD_TRI:
        status = read_bool(reader, place, json, &yes);
        if (status == OK)
            *(enum tri *)at = yes ? TRI_YES : TRI_NO;
        return status;
    case FIELD_CHOICE:
        *(enum consent_choice *)at = read_choice(json);
        return OK;
    case FIELD_OBJECT:
        return read_object(reader, place, json, field->shape, at);
    case FIELD_ITEMS:
    case FIELD_TEXTS:
    case FIELD_SEQS:
        return read_list(reader, place, json, field, base);
    }
    return OK;
}

/* The row for a key, looked for from *cursor on and around; NULL when there is none. */
static const struct event_field *find_field(const struct event_shape *shape, span key,
                                            unsigned *cursor)
{
    for (unsigned i = 0, at = *cursor; i < shape->field_count; i++, at++) {
        if (at == shape->field_count)
            at = 0;
        const struct event_field *field = &shape->fields[at];
        if (field->key_len == key.len && memcmp(field->key, key.ptr, key.len) == 0) {
            *cursor = at + 1;
            return field;
        }
    }
    return NULL;
}

static enum status read_members(struct reader *reader, const struct place *place,
                                const struct json_value *json, const struct event_shape *shape,
                                void *base)
{
    unsigned cursor = 0;
    for (const struct json_value *value = json->first; value; value = value->next) {
        if (is_nothing(value))
            continue;
        const struct event_field *field = find_field(shape, value->key, &cursor);
        if (field == NULL)
            continue;
        struct place inner = {.up = place, .key = field->key};
        enum status status = read_field(reader, &inner, value, field, base);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status read_object(struct reader *reader, const struct place *place,
                               const struct json_value *json, const struct event_shape *shape,
                               void *base)
{
    if (json->kind != JSON_OBJECT)
        return refuse(reader, place, "type_invalid", "is not an object");
    if (shape->currency == NULL)
        return read_members(reader, place, json, shape, base);

    span outer_currency = reader->currency;
    bool outer_seen = reader->money_seen;
    span own = json_get_text(json, "currency");
    if (span_empty(own) && shape == &event_fields)
        own = json_text(json_path(json, "order.currency"));
    if (!span_empty(own))
        reader->currency = own;
    reader->money_seen = false;
    enum status status = read_members(reader, place, json, shape, base);
    span *named = (void *)((char *)base + shape->currency->offset);
    if (reader->money_seen && span_empty(*named))
        *named = upper_copy(reader->arena, reader->currency);
    reader->currency = outer_currency;
    reader->money_seen = outer_seen;
    return status;
}

enum status event_read(struct arena *arena, const struct json_value *json, span currency,
                       struct event *ret_event, struct error *ret_error)
{
    struct reader reader = {.arena = arena, .currency = currency, .error = ret_error};
    struct event event = {.name = EVENT_CUSTOM}; /* zero would be a page view */
    enum status status = read_object(&reader, NULL, json, &event_fields, &event);
    if (status == OK)
        *ret_event = event;
    return status;
}
