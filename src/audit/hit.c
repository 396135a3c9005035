/*
 * What stands where in a tag's request: the table of shapes, and its one reader.
 *
 * A column names where to look: a parameter (of the query, or of a body of pairs), or the path of
 * a member when the body is JSON. "ed>event_id" is member event_id of the JSON text in parameter
 * `ed`, and a number steps into a list; "a|b" is a, else b; "a=word" is the word when a is there.
 * Facts: contracts/sources 8.2; all but Meta's, GA4's and Klaviyo's are from general knowledge [D]:
 * what a tag sends that no row reads gives no hit, never a wrong one.
 *
 * X tells t.co and analytics.twitter.com of the same event, with one event_id; LinkedIn's request
 * is redirected to itself while cookies are tried, with one `time`: each stands in for a missing
 * id, so that A3 takes no echo for a copy. Names of X's newer events are the account's own [?].
 *
 *   GET  /tr/?id=411&ev=Purchase&eid=1001&cd[value]=59.90&cd[currency]=EUR
 *   POST /g/collect?v=2&tid=G-1&gcs=G111        en=page_view\r\nen=purchase&ep.transaction_id=7
 *   POST /api/v2/pixel                           {"event":"CompletePayment","event_id":…}
 *
 * A body may be pairs, multipart/form-data (Meta posts one when the URL would be too long), lines
 * of pairs (GA4) or JSON: told apart by how it begins, since recordings lose its type.
 */
#include "hit.h"

#include "../base/hash.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "../base/url.h"

struct shape {
    const char *tag, *path;             /* path: what the URL's path must hold */
    const char *id, *event, *otherwise; /* otherwise: the event when it names none */
    const char *event_id, *order, *value, *currency, *hashed;
};

/* clang-format off */
static const struct shape shapes[] = {
    {"meta", "/tr", "id", "ev", NULL,
     "eid", "cd[order_id]", "cd[value]", "cd[currency]", "ud[em]|udff[em]"},
    {"ga4", "/g/collect", "tid", "en", NULL,
     "ep.transaction_id", "ep.transaction_id", "epn.value|ep.value", "cu|ep.currency", "em|ep.em"},
    {"google_ads", "/pagead/", NULL, "en", "conversion",
     "oid", "oid", "value", "currency_code", "em"},
    {"google_ads", "/ccm/", "tid", "en", "conversion",
     "oid", "oid", "value", "currency_code", "em"},
    {"tiktok", "/pixel", "context.pixel.code", "event", NULL,
     "event_id", "properties.order_id", "properties.value", "properties.currency",
     "context.user.email|context.user.sha256_email"},
    {"pinterest", "/v3", "tid", "event", NULL,
     "ed>event_id", "ed>order_id", "ed>value", "ed>currency", "pd>em"},
    {"snap", "/p", "pid|pixel_id", "ev|event_type", NULL,
     "client_dedup_id|e_cdid", "e_tid|transaction_id", "e_pr|price", "e_cur|currency", "u_hem"},
    {"microsoft", "/action/", "ti", "ea|evt", NULL,
     NULL, NULL, "gv", "gc", "pid>em"},
    {"reddit", "/rp.gif", "id", "event", NULL,
     "conversion_id", NULL, "value_decimal|value", "currency", "em"},
    {"x", "/adsct", "txn_id", "events>0.0", "event",
     "event>conversion_id|events>0.1.conversion_id|event_id", "event>order_id|events>0.1.order_id",
     "event>value|events>0.1.value|tw_sale_amount", "event>currency|events>0.1.currency",
     "event>email_address|events>0.1.email_address"},
    {"linkedin", "/collect", "pid", "conversionId=conversion", "page",
     "eventId|time", NULL, NULL, NULL, NULL},
    {"klaviyo", "/client/events", "company_id", "data.attributes.metric.data.attributes.name", NULL,
     "data.attributes.unique_id", NULL, "data.attributes.value", "data.attributes.value_currency",
     NULL},
};

/* What the platforms call the same thing; case does not matter. */
static const struct {
    const char *event;
    enum hit_kind kind;
} kinds[] = {
    {"PageView", HIT_PAGE}, {"page_view", HIT_PAGE}, {"PAGE_VIEW", HIT_PAGE}, {"Pageview", HIT_PAGE},
    {"PageVisit", HIT_PAGE}, {"page", HIT_PAGE}, {"pagevisit", HIT_PAGE}, {"pageLoad", HIT_PAGE},
    {"ViewContent", HIT_PRODUCT}, {"view_item", HIT_PRODUCT}, {"VIEW_CONTENT", HIT_PRODUCT},
    {"Viewed Product", HIT_PRODUCT},
    {"AddToCart", HIT_CART}, {"add_to_cart", HIT_CART}, {"ADD_CART", HIT_CART},
    {"Added to Cart", HIT_CART},
    {"InitiateCheckout", HIT_CHECKOUT}, {"begin_checkout", HIT_CHECKOUT},
    {"START_CHECKOUT", HIT_CHECKOUT}, {"Started Checkout", HIT_CHECKOUT},
    {"CheckoutInitiated", HIT_CHECKOUT},
    {"Purchase", HIT_PURCHASE}, {"CompletePayment", HIT_PURCHASE}, {"PlaceAnOrder", HIT_PURCHASE},
    {"Placed Order", HIT_PURCHASE}, {"checkout", HIT_PURCHASE},
};

const char *const hit_patterns[] = {
    "*://*.facebook.com/tr*", "*/g/collect*", "*/pagead/*conversion*", "*/pagead/1p-user-list*",
    "*/ccm/collect*", "*://analytics.tiktok.com/api/*", "*://ct.pinterest.com/v3*",
    "*://tr.snapchat.com/*", "*://bat.bing.com/action*", "*://alb.reddit.com/rp.gif*",
    "*://a.klaviyo.com/client/*", "*://t.co/*i/adsct*", "*://analytics.twitter.com/*i/adsct*",
    "*://px.ads.linkedin.com/*", "*://px4.ads.linkedin.com/*", NULL};
/* clang-format on */

const char *hit_kind_text(enum hit_kind kind)
{
    static const char *const texts[] = {
        [HIT_OTHER] = "event",        [HIT_PAGE] = "page view",    [HIT_PRODUCT] = "product view",
        [HIT_CART] = "cart addition", [HIT_CHECKOUT] = "checkout", [HIT_PURCHASE] = "purchase"};
    return texts[kind];
}

/* ---- a request, opened ---- */

struct reading {
    struct arena *scratch;
    span query, pairs;             /* pairs: of the body, or of one line of it */
    const struct json_value *json; /* of the body, or of one element of it */
};

static size_t find_text(span s, size_t from, const char *text)
{
    while (from < s.len && !span_starts(span_sub(s, from, s.len), text))
        from++;
    return from < s.len ? from : s.len;
}

/* The parts of a multipart/form-data body as pairs. Whatever is odd ends it. */
static span multipart_pairs(struct arena *scratch, span body)
{
    span boundary = span_sub(body, 0, find_text(body, 0, "\r\n"));
    const char *mark = arena_text(scratch, boundary);
    struct buf pairs;
    buf_init(&pairs, LIMIT_CAPTURE_BODY);
    for (size_t at = boundary.len, next; at < body.len; at = next + boundary.len) {
        next = find_text(body, at, mark);
        span part = span_sub(body, at, next - at);
        size_t name = find_text(part, 0, "name=\"") + 6, end = span_find(part, name, '"');
        size_t value = find_text(part, 0, "\r\n\r\n") + 4;
        if (end >= part.len || value > part.len)
            continue;
        span text = span_sub(part, value, part.len - value);
        if (span_ends(text, "\r\n"))
            text.len -= 2;
        buf_add_span(&pairs, span_sub(part, name, end - name));
        buf_add_char(&pairs, '=');
        buf_add_span(&pairs, url_encode(scratch, text));
        buf_add_char(&pairs, '&');
    }
    span whole = arena_copy(scratch, buf_span(&pairs));
    buf_done(&pairs);
    return whole;
}

static span one_of(const struct reading *reading, span name)
{
    struct arena *scratch = reading->scratch;
    const char *wanted = arena_text(scratch, name);
    if (reading->json) {
        const struct json_value *value = json_path(reading->json, wanted);
        if (value && (value->kind == JSON_STRING || value->kind == JSON_NUMBER))
            return value->text;
    }
    span value = url_query_get(scratch, reading->pairs, wanted);
    return value.ptr ? value : url_query_get(scratch, reading->query, wanted);
}

static const struct json_value *element(const struct json_value *list, span step)
{
    int64_t index;
    const struct json_value *value = span_int(step, &index) == OK ? list->first : NULL;
    while (value && index-- > 0)
        value = value->next;
    return value;
}

static span into_json(struct arena *scratch, span text, span path)
{
    const struct json_value *value;
    span step;
    if (span_empty(text) || json_parse(scratch, text, &value, NULL) != OK)
        return (span){0};
    while (value && span_split(&path, '.', &step))
        value = value->kind == JSON_ARRAY ? element(value, step)
                                          : json_get(value, arena_text(scratch, step));
    return value && (value->kind == JSON_STRING || value->kind == JSON_NUMBER) ? value->text
                                                                               : (span){0};
}

/* `name`, `name>path.in.its.json`, or `name=word`: the word, where there is a value at all. */
static span one_column(const struct reading *reading, span name)
{
    size_t into = span_find(name, 0, '>'), word = span_find(name, 0, '=');
    if (into < name.len)
        return into_json(reading->scratch, one_of(reading, span_sub(name, 0, into)),
                         span_sub(name, into + 1, name.len));
    if (word < name.len)
        return span_empty(one_of(reading, span_sub(name, 0, word)))
                   ? (span){0}
                   : span_sub(name, word + 1, name.len);
    return one_of(reading, name);
}

static span column(const struct reading *reading, const char *names)
{
    span rest = span_of(names), name;
    while (span_split(&rest, '|', &name)) {
        span value = one_column(reading, name);
        if (!span_empty(value))
            return value;
    }
    return (span){0};
}

/* ---- what it says ---- */

/* At most `most` bytes of printable ASCII: ids, names and amounts are, and what is not is nobody's
   evidence. */
static span keep(struct arena *arena, span value, size_t most)
{
    span kept = span_trim(span_sub(value, 0, most));
    for (size_t i = 0; i < kept.len; i++)
        if (kept.ptr[i] < 0x20 || kept.ptr[i] == 0x7F || (unsigned char)kept.ptr[i] >= 0x80)
            kept.len = i;
    return span_empty(kept) ? (span){0} : arena_copy(arena, kept);
}

/* Google sends tv.1~em.BASE64URL, the others 64 hex digits, some a list of them. */
static enum hit_hashed hashed_of(span value)
{
    if (span_empty(value))
        return HIT_NO_HASH;
    if (span_starts(value, "tv."))
        return find_text(value, 0, "~em.") < value.len ? HIT_HASHED : HIT_NO_HASH;
    span first = span_sub(value, 0, span_find(value, 0, ','));
    return hash_is_hex(first, 64) ? HIT_HASHED : HIT_BADLY_HASHED;
}

static enum hit_kind kind_of(const struct hit *hit)
{
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        if (span_equal_nocase(hit->event, span_of(kinds[i].event)))
            return kinds[i].kind;
    /* Any form may be a conversion in Google Ads: only one with an order is a purchase. */
    return span_is(hit->event, "conversion") && hit->order.ptr ? HIT_PURCHASE : HIT_OTHER;
}

static bool read_one(struct arena *arena, const struct shape *shape, const struct reading *reading,
                     const struct hit_source *source, struct hit *hit)
{
    span event = column(reading, shape->event);
    if (span_empty(event))
        event = span_of(shape->otherwise);
    if (span_empty(event))
        return false;
    span id = shape->id ? column(reading, shape->id) : (span){0};
    hit->event = keep(arena, event, 64);
    hit->id = keep(arena, span_empty(id) ? source->id : id, 64);
    hit->event_id = keep(arena, column(reading, shape->event_id), 80);
    hit->order = keep(arena, column(reading, shape->order), 80);
    hit->value = keep(arena, column(reading, shape->value), 32);
    hit->currency = keep(arena, column(reading, shape->currency), 8);
    hit->label = keep(arena, column(reading, "label|conversionId"), 64);
    hit->gcs = keep(arena, column(reading, "gcs"), 8);
    hit->gcd = keep(arena, column(reading, "gcd"), 32);
    hit->hashed = hashed_of(column(reading, shape->hashed));
    hit->server = source->own;
    hit->kind = kind_of(hit);
    return hit->event.ptr != NULL;
}

static const struct shape *shape_of(const struct signature *signature, span path)
{
    for (unsigned i = 0; i < COUNT_OF(shapes); i++)
        if (strcmp(shapes[i].tag, signature->tag) == 0 &&
            find_text(path, 0, shapes[i].path) < path.len)
            return &shapes[i];
    return NULL;
}

static unsigned read_json(struct arena *arena, const struct shape *shape, struct reading *reading,
                          const struct hit_source *source, struct hit ret_hits[HIT_MOST])
{
    const struct json_value *root = reading->json;
    unsigned count = 0;
    if (root->kind != JSON_ARRAY)
        return read_one(arena, shape, reading, source, ret_hits);
    for (const struct json_value *one = root->first; one && count < HIT_MOST; one = one->next) {
        reading->json = one;
        count += read_one(arena, shape, reading, source, &ret_hits[count]);
    }
    return count;
}

unsigned hit_read(struct arena *arena, struct arena *scratch, const struct signature *signature,
                  const struct hit_source *source, struct hit ret_hits[HIT_MOST])
{
    struct url url;
    struct reading reading = {.scratch = scratch};
    if (url_parse(source->url, &url) != OK)
        return 0;
    const struct shape *shape = shape_of(signature, url.path);
    if (shape == NULL)
        return 0;
    struct hit hits[HIT_MOST] = {0};
    unsigned count = 0;
    span body = span_trim(source->body), line;
    reading.query = url.query;
    if ((span_starts(body, "{") || span_starts(body, "[")) &&
        json_parse(scratch, body, &reading.json, NULL) == OK) {
        count = read_json(arena, shape, &reading, source, hits);
    } else if (span_starts(body, "--")) {
        reading.pairs = multipart_pairs(scratch, body);
        count = read_one(arena, shape, &reading, source, hits);
    } else if (span_empty(body)) {
        count = read_one(arena, shape, &reading, source, hits);
    } else {
        while (count < HIT_MOST && span_split(&body, '\n', &line)) {
            reading.pairs = span_trim(line);
            count += read_one(arena, shape, &reading, source, &hits[count]);
        }
    }
    for (unsigned i = 0; i < count; i++)
        hits[i].signature = signature;
    memcpy(ret_hits, hits, count * sizeof *hits);
    return count;
}

/* ---- shown ---- */

static span add_word(struct arena *arena, span line, const char *name, span value)
{
    if (span_empty(value))
        return line;
    return arena_print(arena, "%.*s %s%.*s", SPAN_ARG(line), name, SPAN_ARG(value));
}

span hit_line(struct arena *arena, const struct hit *hit)
{
    span line = arena_print(arena, "%s %.*s", hit->signature->name, SPAN_ARG(hit->event));
    line = add_word(arena, line, "to ", hit->id);
    line = add_word(arena, line, "id=", hit->event_id);
    if (!span_equal(hit->order, hit->event_id))
        line = add_word(arena, line, "order=", hit->order);
    line = add_word(arena, line, "value=", hit->value);
    line = add_word(arena, line, "", hit->currency);
    return add_word(arena, line, "gcs=", hit->gcs);
}
