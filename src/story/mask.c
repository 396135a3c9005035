/* The list of keys under which people stand, ours and the platforms'; mask.h is the contract. */
#include "mask.h"

enum way { KEEP, MAIL, PHONE, WORD, PLACE, DIGEST };

static const struct {
    const char *key;
    enum way way;
} keys[] = {{"email", MAIL},
            {"em", MAIL},
            {"email_address", MAIL},
            {"emailAddress", MAIL},
            {"phone", PHONE},
            {"ph", PHONE},
            {"phone_number", PHONE},
            {"phoneNumber", PHONE},
            {"first_name", WORD},
            {"last_name", WORD},
            {"firstName", WORD},
            {"lastName", WORD},
            {"givenName", WORD},
            {"familyName", WORD},
            {"fn", WORD},
            {"ln", WORD},
            {"company", WORD},
            {"address1", WORD},
            {"address2", WORD},
            {"street", WORD},
            {"streetAddress", WORD},
            {"city", WORD},
            {"ct", WORD},
            {"locality", WORD},
            {"zip", WORD},
            {"zp", WORD},
            {"postal_code", WORD},
            {"postalCode", WORD},
            {"customer_id", WORD},
            {"external_id", WORD},
            {"ip", PLACE},
            {"ip_address", PLACE},
            {"ipAddress", PLACE},
            {"client_ip_address", PLACE},
            {"ip_override", PLACE},
            {"$email", MAIL},
            {"$phone_number", PHONE}};

static enum way way_of(span key)
{
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        if (span_is(key, keys[i].key))
            return keys[i].way;
    return KEEP;
}

static bool is_digest(span text)
{
    if (text.len != 64)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
              (text.ptr[i] >= 'a' && text.ptr[i] <= 'f')))
            return false;
    return true;
}

/* One character, which may be several bytes. */
static span first(span text)
{
    size_t len = text.len > 0;
    while (len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len++;
    return span_sub(text, 0, len);
}

static bool looks_like_mail(span text)
{
    size_t at = span_find(text, 0, '@');
    return at > 0 && at < text.len && span_find(text, at, '.') < text.len &&
           span_find(text, 0, ' ') == text.len && span_find(text, 0, '/') == text.len;
}

static span mail(struct arena *arena, span text)
{
    size_t at = span_find(text, 0, '@');
    span name = first(text), host = first(span_sub(text, at + 1, text.len));
    return arena_print(arena, "%.*s…@%.*s…", SPAN_ARG(name), SPAN_ARG(host));
}

span mask_text(struct arena *arena, span key, span text)
{
    enum way way = way_of(key);
    if (span_empty(text))
        return text;
    if (is_digest(text) && way != KEEP)
        return arena_print(arena, "%.8s…", text.ptr);
    if (looks_like_mail(text))
        return mail(arena, text);
    if (way == KEEP)
        return text;
    if (way == PHONE && text.len > 6)
        return arena_print(arena, "%.3s…%.2s", text.ptr, text.ptr + text.len - 2);
    if (way == PLACE) {
        size_t dot = span_find(text, 0, '.'), colon = span_find(text, 0, ':');
        span part = span_sub(text, 0, dot < colon ? dot : colon);
        return arena_print(arena, "%.*s…", SPAN_ARG(part));
    }
    span letter = first(text);
    return arena_print(arena, "%.*s…", SPAN_ARG(letter));
}

static void open_at(struct json *json, span key, char bracket, struct arena *arena)
{
    json_open(json, span_empty(key) ? NULL : arena_text(arena, key), bracket);
}

/* `under`: the key that says what a text is; inside an array it is the array's. */
static void write(struct json *json, struct arena *arena, span key, span under,
                  const struct json_value *value)
{
    char bracket = value->kind == JSON_OBJECT ? '{' : '[';
    if (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY) {
        open_at(json, key, bracket, arena);
        for (const struct json_value *v = value->first; v; v = v->next) {
            bool named = value->kind == JSON_OBJECT;
            write(json, arena, named ? v->key : (span){0}, named ? v->key : under, v);
        }
        json_close(json, (char)(bracket + 2));
        return;
    }
    span text = value->kind == JSON_STRING ? mask_text(arena, under, value->text) : (span){0};
    bool inside = span_empty(key);
    if (value->kind != JSON_STRING)
        inside ? json_put_value(json, NULL, value) : json_put_value_at(json, key, value);
    else
        inside ? json_put_text(json, NULL, text) : json_put_text_at(json, key, text);
}

void mask_value(struct json *json, struct arena *arena, span key, const struct json_value *value)
{
    write(json, arena, key, key, value);
}

static span without(struct arena *arena, span text, span secret)
{
    if (secret.len < 4)
        return text;
    for (const char *at; (at = memmem(text.ptr, text.len, secret.ptr, secret.len)) != NULL;) {
        size_t before = (size_t)(at - text.ptr);
        span rest = span_sub(text, before + secret.len, text.len);
        text = arena_print(arena, "%.*s•••%.*s", (int)before, text.ptr, SPAN_ARG(rest));
    }
    return text;
}

span mask_secrets(struct arena *arena, const struct destination *destination,
                  const struct settings *settings, span text)
{
    for (const struct option *o = destination->options; o->name; o++)
        if (o->secret && (o->kind == OPTION_TEXT || o->kind == OPTION_LINES) && !span_empty(text))
            text = without(arena, text,
                           *(const span *)(const void *)((const char *)settings + o->offset));
    return text;
}
