/*
 * The canonical event as JSON: the journal's body, `tail --json`, answers of the API.
 *
 * One walk over the tables of event_fields.c. A member that has nothing to say is left out, an
 * object with no members too; only name, source and an order's kind are always written, because
 * their zero is a value. What is written here event_read() turns into the same struct again.
 */
#include "event_fields.h"

static void write_object(struct json *json, const char *key, const struct event_shape *shape,
                         const void *base);

static void write_items(struct json *json, const struct event_field *field,
                        const struct item *items, unsigned count)
{
    json_open(json, field->key, '[');
    for (unsigned i = 0; i < count; i++)
        write_object(json, NULL, field->shape, &items[i]);
    json_close(json, ']');
}

static void write_texts(struct json *json, const char *key, const span *texts, unsigned count)
{
    json_open(json, key, '[');
    for (unsigned i = 0; i < count; i++)
        json_put_text(json, NULL, texts[i]);
    json_close(json, ']');
}

static void write_seqs(struct json *json, const char *key, const int64_t *seqs, unsigned count)
{
    json_open(json, key, '[');
    for (unsigned i = 0; i < count; i++)
        json_put_int(json, NULL, seqs[i]);
    json_close(json, ']');
}

static void write_name(struct json *json, const struct event *event)
{
    span name = event->name == EVENT_CUSTOM ? event->name_text : span_of(names_text(event->name));
    json_put_text(json, "name", name);
}

static void write_money(struct json *json, const char *key, struct money money)
{
    char room[MONEY_TEXT_ROOM];
    json_put_text(json, key, money_text(money, room));
}

static void write_field(struct json *json, const struct event_field *field, const void *base)
{
    const void *at = event_field_at(field, base);
    const char *key = field->key;
    switch ((enum event_field_kind)field->kind) {
    case FIELD_TEXT:
    case FIELD_CURRENCY:
        json_put_text_at(json, (span){key, field->key_len}, *(const span *)at);
        break;
    case FIELD_JSON:
        json_put_raw(json, key, *(const span *)at);
        break;
    case FIELD_MONEY:
        write_money(json, key, *(const struct money *)at);
        break;
    case FIELD_INT:
        json_put_int(json, key, *(const int64_t *)at);
        break;
    case FIELD_FLAG:
        json_put_bool(json, key, *(const bool *)at);
        break;
    case FIELD_NAME:
        write_name(json, base);
        break;
    case FIELD_SOURCE:
        json_put_text(json, key, span_of(event_source_text(*(const enum event_source *)at)));
        break;
    case FIELD_KIND:
        json_put_text(json, key, span_of(event_kind_text(*(const enum event_kind *)at)));
        break;
    case FIELD_TRI:
        json_put_bool(json, key, *(const enum tri *)at == TRI_YES);
        break;
    case FIELD_CHOICE:
        json_put_text(json, key, span_of(consent_choice_text(*(const enum consent_choice *)at)));
        break;
    case FIELD_OBJECT:
        write_object(json, key, field->shape, at);
        break;
    case FIELD_ITEMS:
        write_items(json, field, *(const struct item *const *)at, event_field_count(field, base));
        break;
    case FIELD_TEXTS:
        write_texts(json, key, *(const span *const *)at, event_field_count(field, base));
        break;
    case FIELD_SEQS:
        write_seqs(json, key, at, event_field_count(field, base));
        break;
    }
}

/* Their zero says something: the first name of the list, the browser, a web order. */
static bool is_always_written(const struct event_field *field)
{
    return field->kind == FIELD_NAME || field->kind == FIELD_SOURCE || field->kind == FIELD_KIND;
}

static void write_object(struct json *json, const char *key, const struct event_shape *shape,
                         const void *base)
{
    json_open(json, key, '{');
    for (unsigned i = 0; i < shape->field_count; i++) {
        const struct event_field *field = &shape->fields[i];
        if (event_field_given(field, base) || is_always_written(field))
            write_field(json, field, base);
    }
    json_close(json, '}');
}

void event_write(struct buf *out, const struct event *event)
{
    struct json json;
    json_start(&json, out);
    write_object(&json, NULL, &event_fields, event);
    json_end(&json);
}
