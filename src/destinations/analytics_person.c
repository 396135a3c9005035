/*
 * User-provided data for Google Analytics (contract 4.5, 0.4): hashed mail, phone and names, a
 * plain place. Off unless the store says so, because the property must have the feature on and its
 * policy agreed to.
 *
 * Google's own rules differ from Meta's where it matters: gmail addresses lose their dots and what
 * follows a plus, phones keep their plus, inner spaces and hyphens of names stay.
 */
#include "../base/hash.h"
#include "analytics.h"

/* ---- leaves -----------------------------------------------------------------------------------
 */

static bool is_gmail(span domain)
{
    return span_is(domain, "gmail.com") || span_is(domain, "googlemail.com");
}

span analytics_email(struct arena *arena, span raw)
{
    char *text = arena_take(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++)
        if ((unsigned char)raw.ptr[i] > ' ')
            text[len++] = raw.ptr[i];
    span email = clean_email(arena, (span){text, len});
    size_t at = span_find(email, 0, '@');
    if (span_empty(email) || !is_gmail(span_sub(email, at + 1, email.len)))
        return email;
    char *kept = arena_take(arena, email.len + 1);
    len = 0;
    for (size_t i = 0; i < at && email.ptr[i] != '+'; i++)
        if (email.ptr[i] != '.')
            kept[len++] = email.ptr[i];
    if (len == 0)
        return (span){0};
    memcpy(kept + len, email.ptr + at, email.len - at);
    return (span){kept, len + email.len - at};
}

/* Lower case without ASCII digits and symbols; letters of any language, and blanks where `spaced`.
 */
static span letters(struct arena *arena, span raw, const char *also)
{
    span lower = span_trim(clean_lower(arena, raw));
    char *text = arena_take(arena, lower.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < lower.len; i++) {
        unsigned char c = (unsigned char)lower.ptr[i];
        if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c && strchr(also, c)))
            text[len++] = lower.ptr[i];
    }
    return span_trim((span){text, len});
}

static span name(struct arena *arena, span raw)
{
    return letters(arena, raw, " ");
}

static span street(struct arena *arena, span raw)
{
    return letters(arena, raw, " 0123456789");
}

static span zip(struct arena *arena, span raw)
{
    span trimmed = span_trim(raw);
    char *text = arena_take(arena, trimmed.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < trimmed.len; i++)
        if (trimmed.ptr[i] != '.' && trimmed.ptr[i] != '~')
            text[len++] = trimmed.ptr[i];
    return (span){text, len};
}

static span country(struct arena *arena, span raw)
{
    span lower = clean_country(arena, raw);
    char *text = arena_text(arena, lower);
    for (size_t i = 0; i < lower.len; i++)
        text[i] = (char)(text[i] - 'a' + 'A');
    return (span){text, lower.len};
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static const struct field contact_fields[] = {
    FIELD_IN(struct buyer, "sha256_email_address", email, .clean = analytics_email, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "sha256_phone_number", phone, .hashed = true, .listed = true),
    FIELDS_END,
};
static const struct field address_fields[] = {
    FIELD_IN(struct buyer, "sha256_first_name", first_name, .clean = name, .hashed = true),
    FIELD_IN(struct buyer, "sha256_last_name", last_name, .clean = name, .hashed = true),
    FIELD_IN(struct buyer, "sha256_street", address1, .clean = street, .hashed = true),
    FIELD_IN(struct buyer, "city", city, .clean = name),
    FIELD_IN(struct buyer, "region", region, .clean = name),
    FIELD_IN(struct buyer, "postal_code", zip, .clean = zip),
    FIELD_IN(struct buyer, "country", country, .clean = country),
    FIELDS_END,
};

static bool has_any(struct arena *arena, const struct buyer *buyer, const struct field *fields)
{
    for (; fields->key; fields++)
        if (!span_empty(field_text(arena, buyer, fields)))
            return true;
    return false;
}

void analytics_write_person(struct json *json, struct arena *arena, const struct event *event)
{
    struct buyer buyer;
    buyer_read(arena, event, &buyer);
    if (!hash_is_hex(buyer.phone, 2 * HASH_SIZE) && !span_starts(buyer.phone, "+"))
        buyer.phone = (span){0}; /* an MD5 is Meta's alone */
    bool placed = has_any(arena, &buyer, address_fields);
    if (!placed && !has_any(arena, &buyer, contact_fields))
        return;
    json_open(json, "user_data", '{');
    field_write(json, arena, &buyer, contact_fields);
    if (placed) {
        json_open(json, "address", '[');
        json_open(json, NULL, '{');
        field_write(json, arena, &buyer, address_fields);
        json_close(json, '}');
        json_close(json, ']');
    }
    json_close(json, '}');
}

void analytics_describe_person(void (*row)(void *arg, const char *ours, const char *theirs,
                                           const char *remark),
                               void *arg)
{
    field_describe(contact_fields, "who.", "user_data.", row, arg);
    field_describe(address_fields, "who.", "user_data.address[].", row, arg);
}
