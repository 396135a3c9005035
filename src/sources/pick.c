/*
 * See pick.h. Nothing here knows which body it reads; ceilings are those of base/limits.h.
 */
#include "pick.h"
#include "../base/date.h"
#include "../base/limits.h"
#include "../base/ulid.h"
#include "../base/url.h"

#define MS_CEILING INT64_C(253402300800000) /* the end of the year 9999 */

static span without_nul(struct arena *arena, span text)
{
    char *copy = arena_take(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\0')
            copy[len++] = text.ptr[i];
    }
    return (span){copy, len};
}

span pick_text(struct arena *arena, const struct json_value *object, const char *key, size_t limit)
{
    span text = span_trim(json_get_text(object, key));
    if (text.len > 0 && memchr(text.ptr, '\0', text.len))
        text = span_trim(without_nul(arena, text));
    if (text.len > limit) {
        text.len = limit;
        while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80)
            text.len--;
    }
    return text.len > 0 ? text : (span){0};
}

static bool has_control(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7F)
            return true;
    }
    return false;
}

static span machine_text(span text, size_t limit)
{
    text = span_trim(text);
    return text.len > 0 && text.len <= limit && !has_control(text) ? text : (span){0};
}

span pick_exact(const struct json_value *object, const char *key, size_t limit)
{
    return machine_text(json_get_id(object, key), limit);
}

span pick_bare_id(span text)
{
    text = span_sub(text, 0, span_find(text, 0, '?'));
    if (span_starts(text, "gid://")) {
        while (text.len > 0 && memchr(text.ptr, '/', text.len))
            text = span_sub(text, span_find(text, 0, '/') + 1, text.len);
    }
    return machine_text(text, LIMIT_TOKEN_BYTES);
}

span pick_id(const struct json_value *object, const char *key)
{
    return pick_bare_id(json_get_id(object, key));
}

span pick_url(const struct json_value *object, const char *key)
{
    struct url url;
    span text = pick_exact(object, key, LIMIT_URL_BYTES);
    return url_parse(text, &url) == OK ? text : (span){0};
}

span pick_page_url(struct arena *arena, const struct json_value *object, const char *key,
                   span origin)
{
    struct url url;
    span text = pick_exact(object, key, LIMIT_URL_BYTES);
    if (span_starts(text, "//"))
        text = arena_join(arena, SPAN("https:"), text);
    else if (span_starts(text, "/") && !span_empty(origin))
        text = arena_join(arena, origin, text);
    return text.len <= LIMIT_URL_BYTES && url_parse(text, &url) == OK ? text : (span){0};
}

const struct json_value *pick_first(const struct json_value *object, const char *key)
{
    const struct json_value *list = json_get(object, key);
    return list && list->kind == JSON_ARRAY ? list->first : NULL;
}

span pick_either(span a, span b)
{
    return span_empty(a) ? b : a;
}

span pick_upper(struct arena *arena, span text)
{
    char *copy = arena_take(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        copy[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (span){copy, text.len};
}

span pick_visitor(struct arena *arena, span text)
{
    text = span_trim(text);
    if (span_starts(text, "v1.")) {
        text = span_sub(text, 3, text.len);
        text = span_sub(text, 0, span_find(text, 0, '.'));
    }
    return ulid_valid(text) ? pick_upper(arena, text) : (span){0};
}

int64_t pick_ms(const struct json_value *object, const char *key)
{
    span text = json_get_number(object, key);
    int64_t ms;
    /* performance.timeOrigin + performance.now() has a fraction, and snippets do send it. */
    if (span_int(span_sub(text, 0, span_find(text, 0, '.')), &ms) != OK)
        return 0;
    return ms > 0 && ms < MS_CEILING ? ms : 0;
}

int64_t pick_date(const struct json_value *object, const char *key)
{
    int64_t ms;
    if (date_parse(json_get_text(object, key), &ms) != OK)
        return 0;
    return ms > 0 && ms < MS_CEILING ? ms : 0;
}

enum status pick_money(const struct json_value *object, const char *key, span currency,
                       struct money *ret_money)
{
    const struct json_value *value = json_get(object, key);
    if (!value || value->kind == JSON_NULL ||
        (value->kind == JSON_STRING && span_empty(span_trim(value->text)))) {
        *ret_money = (struct money){0};
        return OK;
    }
    if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
        return INVALID;
    return money_parse(span_trim(value->text), currency, ret_money);
}

enum status pick_quantity(const struct json_value *object, const char *key, int64_t otherwise,
                          int64_t *ret_quantity)
{
    const struct json_value *value = json_get(object, key);
    if (!value || value->kind == JSON_NULL) {
        *ret_quantity = otherwise;
        return OK;
    }
    span text = json_get_number(object, key);
    if (span_ends(text, ".0"))
        text.len -= 2;
    return span_int(text, ret_quantity);
}

span pick_object(struct arena *arena, const struct json_value *object, const char *key,
                 size_t limit)
{
    const struct json_value *value = json_get(object, key);
    if (!value || value->kind != JSON_OBJECT || value->count == 0)
        return (span){0};
    struct buf out;
    struct json json;
    buf_init(&out, limit);
    json_start(&json, &out);
    json_put_value(&json, NULL, value);
    json_end(&json);
    span text = buf_ok(&out) ? arena_copy(arena, buf_span(&out)) : (span){0};
    buf_done(&out);
    return text;
}

static bool is_known(span key, const char *const *known)
{
    for (; *known; known++) {
        if (span_is(key, *known))
            return true;
    }
    return false;
}

/* `"key":value` as text in `scratch`; absent when it passes the ceiling by itself. */
static span member_text(struct buf *scratch, const struct json_value *member)
{
    struct json json;
    buf_reset(scratch);
    json_start(&json, scratch);
    json_open(&json, NULL, '{');
    json_put_value_at(&json, member->key, member);
    json_close(&json, '}');
    json_end(&json);
    return buf_ok(scratch) ? span_sub(buf_span(scratch), 1, scratch->len - 2) : (span){0};
}

span pick_rest(struct arena *arena, const struct json_value *object, const char *const *known)
{
    if (!object || object->kind != JSON_OBJECT)
        return (span){0};
    struct buf out, scratch;
    buf_init(&out, LIMIT_CUSTOM_BYTES);
    buf_init(&scratch, LIMIT_CUSTOM_BYTES);
    for (const struct json_value *member = object->first; member; member = member->next) {
        if (member->kind == JSON_NULL || is_known(member->key, known))
            continue;
        span text = member_text(&scratch, member);
        if (span_empty(text) || out.len + text.len + 2 > LIMIT_CUSTOM_BYTES)
            continue;
        buf_add_char(&out, out.len == 0 ? '{' : ',');
        buf_add_span(&out, text);
    }
    span rest = {0};
    if (out.len > 0) {
        buf_add_char(&out, '}');
        rest = arena_copy(arena, buf_span(&out));
    }
    buf_done(&out);
    buf_done(&scratch);
    return rest;
}
