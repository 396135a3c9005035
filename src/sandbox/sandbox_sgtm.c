/*
 * A tag manager's server container, played strictly: its GA4 client, as gtag speaks to it
 * (contracts/destinations 5.2).
 *
 * /g/collect takes pairs in the query, and more events as lines of a text/plain body, which share
 * the query's pairs. The client claims what has v=2 and a stream; all else is 400, "no client".
 * What it claims it answers 200, whatever is in it; a pair that breaks a rule refuses its request,
 * counted with the reason and not recorded. Of copies only purchases are known, as to GA4.
 *
 * Stricter than a real container, on purpose: pairs that gtag does not know, a pair said twice, an
 * address anywhere. A container's Measurement Protocol client has GA4's own paths and is played by
 * sandbox_ga4.c.
 */
#include "sandbox_analytics.h"

#include "../base/limits.h"
#include "../base/url.h"

#define PAIRS_MOST  400u
#define LINES_MOST  20u
#define BODY_MOST   16384u
#define PARAMS_MOST 25u
#define ITEMS_MOST  200u
#define DEDUP_MS    DAY_MS

struct pair {
    span name, value; /* decoded */
};
struct hit {
    struct arena *arena;
    struct pair pairs[PAIRS_MOST];
    unsigned count;
};

/* ---- pairs ------------------------------------------------------------------------------------
 */

static span get(const struct hit *hit, const char *name)
{
    for (unsigned i = 0; i < hit->count; i++)
        if (span_is(hit->pairs[i].name, name))
            return hit->pairs[i].value;
    return (span){0};
}

static bool read_pairs(struct hit *hit, span text, struct sandbox_analytics_trouble *trouble)
{
    span name, value;
    while (url_query_next(&text, &name, &value)) {
        struct pair pair = {url_decode(hit->arena, name, true),
                            url_decode(hit->arena, value, true)};
        if (!span_utf8(pair.name) || !span_utf8(pair.value))
            return sandbox_analytics_refuse(trouble, "VALUE_INVALID", SPAN("(pair)"),
                                            "text is UTF-8");
        for (unsigned i = 0; i < hit->count; i++)
            if (span_equal(hit->pairs[i].name, pair.name))
                return sandbox_analytics_refuse(trouble, "NAME_DUPLICATED", pair.name,
                                                "is said twice");
        if (hit->count == PAIRS_MOST)
            return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", pair.name,
                                            "too many pairs");
        hit->pairs[hit->count++] = pair;
    }
    return true;
}

/* ---- rules ------------------------------------------------------------------------------------
 */

static bool is_number(span text, bool whole)
{
    unsigned digits = 0, points = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (c == '.' && !whole && points++ == 0)
            continue;
        else if (!(c == '-' && i == 0 && !whole))
            return false;
    }
    return digits > 0;
}

static bool is_whole(span text)
{
    return is_number(text, true);
}
static bool is_flag(span text)
{
    return span_is(text, "0") || span_is(text, "1");
}
static bool is_gcs(span text)
{
    return text.len == 4 && span_starts(text, "G1") && is_flag(span_sub(text, 2, 1)) &&
           is_flag(span_sub(text, 3, 1));
}
static bool is_page(span text)
{
    struct url url;
    return sandbox_analytics_characters(text) <= 1000 && url_parse(text, &url) == OK;
}
static bool is_referrer(span text)
{
    return is_page(text) && sandbox_analytics_characters(text) <= 420;
}
static bool is_title(span text)
{
    return sandbox_analytics_characters(text) <= 300;
}
static bool is_us_privacy(span text)
{
    return text.len == 4 && text.ptr[0] == '1';
}
static bool is_stream(span text)
{
    return span_starts(text, "G-") && text.len > 2;
}
static bool is_two(span text)
{
    return span_is(text, "2");
}
static bool is_any(span text)
{
    return text.len <= 256;
}

static const struct {
    const char *name;
    bool (*fits)(span text);
} known[] = {
    {"v", is_two},
    {"tid", is_stream},
    {"cid", sandbox_analytics_client_id},
    {"_p", is_whole},
    {"sid", is_whole},
    {"sct", is_whole},
    {"seg", is_flag},
    {"_s", is_whole},
    {"_et", is_whole},
    {"en", is_any},
    {"dl", is_page},
    {"dr", is_referrer},
    {"dt", is_title},
    {"ul", is_any},
    {"sr", is_any},
    {"uid", is_any},
    {"cu", money_currency_valid},
    {"gcs", is_gcs},
    {"gcd", is_any},
    {"npa", is_flag},
    {"dma", is_flag},
    {"_dbg", is_flag},
    {"us_privacy", is_us_privacy},
};

/* "id44001~nmShirt~pr29.95~qt2": members of two letters, one of them naming it. */
static bool check_item(span name, span text, struct sandbox_analytics_trouble *trouble)
{
    static const char *const keys[] = {"id", "nm", "br", "ca", "c2", "c3", "c4", "c5",
                                       "va", "pr", "qt", "cp", "ds", "ln", "li", "lp",
                                       "af", "lo", "pi", "pn", "cn", "cs"};
    span member;
    bool named = false;
    while (span_split(&text, '~', &member)) {
        span key = span_sub(member, 0, 2), value = span_sub(member, 2, member.len);
        bool found = false;
        for (unsigned i = 0; i < COUNT_OF(keys); i++)
            found = found || span_is(key, keys[i]);
        if (!found || span_empty(value))
            return sandbox_analytics_refuse(trouble, "VALUE_INVALID", name,
                                            "an item's members are two letters and a value");
        named = named || span_is(key, "id") || span_is(key, "nm");
        bool amount = span_is(key, "pr") || span_is(key, "ds");
        if ((amount && !is_number(value, false)) || (span_is(key, "qt") && !is_whole(value)))
            return sandbox_analytics_refuse(trouble, "VALUE_INVALID", name, "is no number");
        if (!sandbox_analytics_check_text(name, value, trouble))
            return false;
    }
    return named ||
           sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", name, "an item has an id or a name");
}

static bool check_param(span name, span value, bool number,
                        struct sandbox_analytics_trouble *trouble)
{
    if (number && !is_number(value, false))
        return sandbox_analytics_refuse(trouble, "VALUE_INVALID", name, "is no number");
    return sandbox_analytics_check_name(name, trouble) &&
           sandbox_analytics_check_text(name, value, trouble);
}

/* An item's place: "pr12" gives 12; 0: it is none. */
static unsigned item_place(span name)
{
    int64_t place = 0;
    span digits = span_sub(name, 2, name.len);
    bool is_item = span_starts(name, "pr") && is_whole(digits) && span_int(digits, &place) == OK &&
                   place >= 1 && place <= ITEMS_MOST;
    return is_item ? (unsigned)place : 0;
}

static bool check_pair(const struct pair *pair, unsigned *params, unsigned *items,
                       struct sandbox_analytics_trouble *trouble)
{
    for (unsigned i = 0; i < COUNT_OF(known); i++)
        if (span_is(pair->name, known[i].name)) {
            bool mail = !span_is(pair->name, "uid") &&
                        !sandbox_analytics_check_text(SPAN("page_location"), pair->value, trouble);
            return (known[i].fits(pair->value) && !mail) ||
                   sandbox_analytics_refuse(trouble, "VALUE_INVALID", pair->name,
                                            "is not as gtag writes it");
        }
    if (item_place(pair->name)) {
        if (item_place(pair->name) != ++*items)
            return sandbox_analytics_refuse(trouble, "VALUE_INVALID", pair->name,
                                            "items are numbered from 1");
        return check_item(pair->name, pair->value, trouble);
    }
    ++*params;
    if (span_starts(pair->name, "ep."))
        return check_param(span_sub(pair->name, 3, pair->name.len), pair->value, false, trouble);
    if (span_starts(pair->name, "epn."))
        return check_param(span_sub(pair->name, 4, pair->name.len), pair->value, true, trouble);
    return sandbox_analytics_refuse(trouble, "NAME_INVALID", pair->name, "gtag knows no such pair");
}

static bool check_hit(const struct hit *hit, struct sandbox_analytics_trouble *trouble)
{
    static const char *const needed[] = {"cid", "en", "_p"};
    static const char *const of_sales[] = {"ep.transaction_id", "epn.value", "cu"};
    unsigned params = 0, items = 0;
    for (unsigned i = 0; i < hit->count; i++)
        if (!check_pair(&hit->pairs[i], &params, &items, trouble))
            return false;
    for (unsigned i = 0; i < COUNT_OF(needed); i++)
        if (span_empty(get(hit, needed[i])))
            return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", span_of(needed[i]),
                                            "is missing");
    if (params > PARAMS_MOST)
        return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("ep."),
                                        "at most 25 parameters");
    span name = get(hit, "en");
    bool is_sale = span_is(name, "purchase") || span_is(name, "refund");
    for (unsigned i = 0; is_sale && i < COUNT_OF(of_sales); i++)
        if (span_empty(get(hit, of_sales[i])))
            return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", span_of(of_sales[i]),
                                            "the event needs it");
    if (!span_empty(get(hit, "epn.value")) && span_empty(get(hit, "cu")))
        return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", SPAN("cu"),
                                        "a value needs its currency");
    return sandbox_analytics_check_name(name, trouble);
}

/* ---- the path ---------------------------------------------------------------------------------
 */

static span as_json(const struct hit *hit)
{
    struct buf out;
    struct json json;
    buf_init(&out, MIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    for (unsigned i = 0; i < hit->count; i++)
        json_put_text_at(&json, hit->pairs[i].name, hit->pairs[i].value);
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(hit->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct hit *hit, int64_t now)
{
    struct sandbox_entry entry = {
        .name = get(hit, "en"),
        .subject = get(hit, "ep.transaction_id"),
        .currency = get(hit, "cu"),
        .json = as_json(hit),
    };
    if (span_is(entry.name, "purchase"))
        entry.dedup = arena_print(hit->arena, "%.*s\n%.*s", SPAN_ARG(get(hit, "cid")),
                                  SPAN_ARG(entry.subject));
    if (entry.currency.ptr && get(hit, "epn.value").ptr)
        (void)!money_parse(get(hit, "epn.value"), entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, DEDUP_MS);
}

/* The events of a request: the query's own, or one per line of the body beside it. */
static bool read_hits(const struct http_request *request, struct arena *arena,
                      struct hit **ret_hits, unsigned *ret_count,
                      struct sandbox_analytics_trouble *trouble)
{
    struct hit *hits = arena_array(arena, struct hit, LINES_MOST);
    span lines = request->body, line;
    unsigned count = 0;
    if (!span_empty(lines) &&
        (lines.len > BODY_MOST ||
         !span_starts(http_request_header(request, "content-type"), "text/plain")))
        return sandbox_analytics_refuse(trouble, "VALUE_INVALID", SPAN("(body)"),
                                        "is text/plain of at most 16 kB");
    do {
        bool more = span_split(&lines, '\n', &line);
        if (!more && count > 0)
            break;
        if (count == LINES_MOST)
            return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("(body)"),
                                            "at most 20 lines");
        struct hit *hit = &hits[count++];
        hit->arena = arena;
        if (!read_pairs(hit, request->query, trouble) ||
            (more && !read_pairs(hit, line, trouble)) || !check_hit(hit, trouble))
            return false;
    } while (!span_empty(lines));
    *ret_hits = hits;
    *ret_count = count;
    return true;
}

static bool owns(span path)
{
    return span_is(path, "/g/collect");
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    span stream = url_query_get(arena, request->query, "tid");
    struct sandbox_account *account =
        sandbox_ledger_account(ledger, "sgtm", span_empty(stream) ? SPAN("(none)") : stream);
    struct sandbox_analytics_trouble trouble;
    struct hit *hits = NULL;
    unsigned count = 0;
    account->requests++;
    bool claimed = (span_is(request->method, "POST") || span_is(request->method, "GET")) &&
                   span_is(url_query_get(arena, request->query, "v"), "2") && !span_empty(stream);
    ret_reply->status = claimed ? 200 : 400;
    if (!claimed) {
        sandbox_ledger_refuse(ledger, account, SPAN("no_client"), SPAN("no client claims this"));
        return;
    }
    if (!read_hits(request, arena, &hits, &count, &trouble)) {
        sandbox_ledger_refuse(
            ledger, account, span_of(trouble.code),
            arena_print(arena, "%.*s: %.*s", SPAN_ARG(trouble.path), SPAN_ARG(trouble.text)));
        return;
    }
    for (unsigned i = 0; i < count; i++)
        record(ledger, account, &hits[i], now);
}

/* There is no token: what is wrong with one shows as a container that claims nothing. */
static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    (void)arena;
    ret_reply->status = kind == SANDBOX_FAULT_429         ? 429
                        : kind == SANDBOX_FAULT_500       ? 500
                        : kind == SANDBOX_FAULT_503       ? 503
                        : kind == SANDBOX_FAULT_TRANSIENT ? 504
                                                          : 400;
}

const struct sandbox_platform sandbox_sgtm = {
    .name = "sgtm",
    .body_ceiling = 64 * KIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
