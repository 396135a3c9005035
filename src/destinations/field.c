/*
 * The loop over leaf tables. It is the hot part of every destination: one pass, no allocation but
 * for what cleaning and hashing make. See field.h for what a row may say.
 */
#include "field.h"

#include "../base/hash.h"

#include <assert.h>

#define NAME_ROOM 160

static const void *member_of(const void *record, const struct field *field)
{
    return (const char *)record + field->offset;
}

static span ready_text(struct arena *arena, span raw, const struct field *field)
{
    if (field->ready)
        return field->ready(arena, raw);
    /* A digest is a digest whatever the field, so it must not reach a cleaner that wants an '@'. */
    if (field->hashed && hash_is_hex(raw, 2 * HASH_SIZE))
        return hash_hex(arena, raw);
    return (span){0};
}

span field_text(struct arena *arena, const void *record, const struct field *field)
{
    assert(field->kind == FIELD_TEXT);
    span raw = *(const span *)member_of(record, field);
    if (span_empty(raw))
        return (span){0};
    span ready = ready_text(arena, raw, field);
    if (!span_empty(ready))
        return ready;
    span text = field->clean ? field->clean(arena, raw) : raw;
    if (span_empty(text))
        return (span){0};
    return field->hashed ? hash_hex(arena, text) : text;
}

static void write_text(struct json *json, struct arena *arena, const void *record,
                       const struct field *field)
{
    span text = field_text(arena, record, field);
    if (span_empty(text))
        return;
    if (!field->listed) {
        json_put_text(json, field->key, text);
        return;
    }
    json_open(json, field->key, '[');
    json_put_text(json, NULL, text);
    json_close(json, ']');
}

static void write_money(struct json *json, struct arena *arena, struct money money,
                        const struct field *field)
{
    if (!money.given)
        return;
    if (field->quoted)
        json_put_text(json, field->key, money_print(arena, money));
    else
        json_put_raw(json, field->key, money_number(arena, money));
}

void field_write(struct json *json, struct arena *arena, const void *record,
                 const struct field *fields)
{
    for (const struct field *field = fields; field->key; field++) {
        const void *member = member_of(record, field);
        switch (field->kind) {
        case FIELD_TEXT:
            write_text(json, arena, record, field);
            break;
        case FIELD_MONEY:
            write_money(json, arena, *(const struct money *)member, field);
            break;
        case FIELD_INT:
            if (*(const int64_t *)member != 0)
                json_put_int(json, field->key, *(const int64_t *)member);
            break;
        }
    }
}

static const char *remark_of(const struct field *field)
{
    if (field->hashed)
        return field->clean ? "normalised, SHA-256" : "SHA-256";
    if (field->clean)
        return "normalised";
    if (field->kind == FIELD_MONEY)
        return field->quoted ? "decimal text" : "decimal number";
    return "";
}

void field_describe(const struct field *fields, const char *ours, const char *theirs,
                    void (*row)(void *arg, const char *ours, const char *theirs,
                                const char *remark),
                    void *arg)
{
    for (const struct field *field = fields; field->key; field++) {
        char left[NAME_ROOM], right[NAME_ROOM];
        snprintf(left, sizeof left, "%s%s", ours, field->member);
        snprintf(right, sizeof right, "%s%s", theirs, field->key);
        row(arg, left, right, remark_of(field));
    }
}
