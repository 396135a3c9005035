/* The walk over a request and over its body, and what may not be met there. */
#include "privacy.h"

#include "../../src/base/hash.h"
#include "../../src/event/clean.h"

#define LEAST_SECRET 5u /* shorter ones occur in other words: looked for as whole texts only */
#define LEAST_DIGITS 7u /* of a phone */
#define EVENTS       8u /* repeated events say the same */
#define PLACES       4u /* decimals; no currency has more */

struct search {
    struct buf *diagnosis;
    struct arena *arena;
    const struct destination *destination;
    const struct batch *batch;
    const struct http_call *call;
    bool own_numbers; /* the merchant's own properties: theirs to write as they like */
    unsigned troubles;
};

static void trouble(struct search *search, const char *what, span text)
{
    search->troubles++;
    buf_print(search->diagnosis, "#   %s: %.*s\n", what, SPAN_ARG(text));
}

static bool contains_nocase(span text, span part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (span_equal_nocase(span_sub(text, at, part.len), part))
            return true;
    return false;
}

/* Hashed by somebody else already: it may stand there as it came. */
static bool is_digest(span text)
{
    return text.len >= 32 && span_find(text, 0, ' ') == text.len &&
           span_find(text, 0, '@') == text.len;
}

static span digits_of(struct arena *arena, span text)
{
    char *digits = arena_text(arena, text);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            digits[len++] = text.ptr[i];
    return len >= LEAST_DIGITS ? (span){digits, len} : (span){0};
}

static void look_for(struct search *search, span secret)
{
    const struct http_call *call = search->call;
    if (secret.len < LEAST_SECRET || is_digest(secret))
        return;
    if (contains_nocase(call->url, secret))
        trouble(search, "personal data in the URL", secret);
    for (unsigned i = 0; i < call->header_count; i++)
        if (contains_nocase(call->headers[i].value, secret))
            trouble(search, "personal data in a header", secret);
    if (search->destination->hashes && contains_nocase(call->body, secret))
        trouble(search, "personal data in the body", secret);
}

static void look_for_person(struct search *search, const struct event *event)
{
    const struct who *who = &event->who;
    const struct address *a = &who->billing, *b = &who->shipping;
    const span secrets[] = {who->email,
                            who->customer_id,
                            who->visitor,
                            who->first_name,
                            who->last_name,
                            who->zip,
                            a->first_name,
                            a->last_name,
                            a->address1,
                            a->zip,
                            b->first_name,
                            b->last_name,
                            b->address1,
                            b->zip,
                            event->order.checkout_url,
                            clean_email(search->arena, who->email)};
    for (unsigned i = 0; i < COUNT_OF(secrets); i++)
        look_for(search, secrets[i]);
    const span phones[] = {who->phone, a->phone, b->phone};
    for (unsigned i = 0; i < COUNT_OF(phones); i++) {
        look_for(search, phones[i]);
        if (!is_digest(phones[i]))
            look_for(search, digits_of(search->arena, phones[i]));
    }
}

/* A name by itself, however short: "Jo", "Li". */
static void check_whole(struct search *search, span text)
{
    if (!search->destination->hashes)
        return;
    for (unsigned i = 0; i < search->batch->count && i < EVENTS; i++) {
        const struct who *who = &search->batch->events[i]->who;
        const struct address *a = &who->billing, *b = &who->shipping;
        const span names[] = {who->first_name, who->last_name, who->zip,
                              a->first_name,   a->last_name,   a->zip,
                              b->first_name,   b->last_name,   b->zip};
        for (unsigned n = 0; n < COUNT_OF(names); n++)
            if (!is_digest(names[n]) && !span_empty(names[n]) && span_equal_nocase(text, names[n]))
                trouble(search, "a name, readable", text);
    }
}

/* Members that hold digests and nothing else, at whoever has them. */
static bool is_hashed_member(const struct search *search, span key)
{
    static const char *const members[] = {
        "em", "ph",      "fn",          "ln",    "ge",    "db",         "ct",        "st",
        "zp", "country", "external_id", "email", "phone", "first_name", "last_name", "zip_code"};
    static const char *const plain[] = {"country"}; /* at TikTok */
    if (!search->destination->hashes)
        return false;
    if (strcmp(search->destination->name, "tiktok") == 0)
        for (unsigned i = 0; i < COUNT_OF(plain); i++)
            if (span_is(key, plain[i]))
                return false;
    for (unsigned i = 0; i < COUNT_OF(members); i++)
        if (span_is(key, members[i]))
            return true;
    return false;
}

/* Meta also takes an MD5, and its own browser library's digest with an appendix. */
static bool is_allowed_digest(const struct search *search, span text)
{
    if (hash_is_hex(text, 2 * HASH_SIZE))
        return span_equal(text, clean_lower(search->arena, text));
    return strcmp(search->destination->name, "meta") == 0 &&
           (hash_is_hex(text, 32) ||
            (text.len > 64 && hash_is_hex(span_sub(text, 0, 64), 64) && text.ptr[64] == '.'));
}

static bool is_decimal(span raw)
{
    size_t dot = span_find(raw, 0, '.');
    for (size_t i = 0; i < raw.len; i++)
        if (i != dot && !(raw.ptr[i] >= '0' && raw.ptr[i] <= '9') && !(i == 0 && raw.ptr[0] == '-'))
            return false;
    return dot == raw.len || raw.len - dot - 1 <= PLACES;
}

static void walk(struct search *search, const struct json_value *value, bool hashed)
{
    static const char nothing[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    if (value->kind == JSON_STRING) {
        if (span_is(value->text, nothing))
            trouble(search, "the digest of nothing", value->key);
        if (hashed && !is_allowed_digest(search, value->text))
            trouble(search, "due hashed, and it is no digest", value->text);
        check_whole(search, value->text);
    }
    if (value->kind == JSON_NUMBER && !search->own_numbers && !is_decimal(value->text))
        trouble(search, "a number that is no plain decimal", value->text);
    for (const struct json_value *child = value->first; child; child = child->next)
        walk(search, child,
             value->kind == JSON_ARRAY ? hashed : is_hashed_member(search, child->key));
}

unsigned privacy_check(struct buf *diagnosis, struct arena *arena,
                       const struct destination *destination, const struct batch *batch,
                       const struct http_call *call, const struct json_value *body)
{
    struct search search = {diagnosis, arena, destination, batch, call, false, 0};
    for (unsigned i = 0; i < batch->count && i < EVENTS; i++) {
        look_for_person(&search, batch->events[i]);
        search.own_numbers |= !span_empty(batch->events[i]->custom);
    }
    if (body)
        walk(&search, body, false);
    return search.troubles;
}
